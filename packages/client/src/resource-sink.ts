import { randomUUID } from "node:crypto";
import { access, rename, rm } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { Writable } from "node:stream";

import { JumpstarterError, type ContentEncoding, type ResourceSink } from "@jumpstarter-ts/core";

import { writeFileBlocks } from "./file-blocks.ts";

/** A place for bytes that come from the exporter. */
export interface Download {
  readonly kind: "download";
  /** For people: `the file dump.bin`. */
  readonly what: string;
  readonly encoding: ContentEncoding | undefined;
  /** What the bytes are written to; called once. */
  open(): Writable;
  /** After all bytes are written: puts the file in its place. */
  commit(): Promise<void>;
  /** After a failure: leaves nothing behind. */
  discard(): Promise<void>;
}

/**
 * Makes a sink ready before the call is made. A file is written beside its place and moved there when it is whole.
 * Throws `not-found` (`RESOURCE_FILE_MISSING`) if the directory is not there.
 */
export async function prepareSink(sink: ResourceSink, what: string): Promise<Download> {
  const { to, encoding } = isEncoded(sink) ? sink : { to: sink, encoding: undefined };
  return typeof to === "string" ? fileSink(to, encoding, what) : streamSink(to, encoding);
}

function isEncoded(sink: ResourceSink): sink is Extract<ResourceSink, { readonly encoding: unknown }> {
  return typeof sink === "object" && "encoding" in sink && "to" in sink;
}

async function fileSink(path: string, encoding: ContentEncoding | undefined, what: string): Promise<Download> {
  const directory = dirname(resolve(path));
  await access(directory).catch((cause: unknown) => {
    throw new JumpstarterError(`${what} is to be written to ${path}, but there is no directory ${directory}`, {
      code: "not-found",
      reason: "RESOURCE_FILE_MISSING",
      cause,
    });
  });
  const temporary = `${path}.${randomUUID()}.part`;
  return {
    kind: "download",
    what: `the file ${path}`,
    encoding,
    open: () => writeFileBlocks(temporary),
    commit: () => rename(temporary, path),
    discard: () => rm(temporary, { force: true }),
  };
}

function streamSink(stream: Writable, encoding: ContentEncoding | undefined): Download {
  return {
    kind: "download",
    what: "a stream",
    encoding,
    open: () => stream,
    commit: async () => undefined,
    discard: async () => void stream.destroy(),
  };
}
