import { Writable } from "node:stream";

import type { ContentEncoding, ResourceSink, ResourceSource } from "@jumpstarter-ts/core";

import type { Input, Option } from "../command.ts";
import type { Io } from "../io.ts";

const encodings: readonly ContentEncoding[] = ["gzip", "xz", "bz2", "zstd"];

export const compressionOption: Option = {
  name: "compression",
  value: "KIND",
  choices: encodings,
  help: "How the file is compressed; by its name if left out",
};

const byEnding: Readonly<Record<string, ContentEncoding>> = { gz: "gzip", xz: "xz", bz2: "bz2", zst: "zstd" };

/** A file, a URL that the exporter fetches, or `-` for stdin. */
export function sourceOf(file: string, input: Input, io: Io): ResourceSource {
  const from = file === "-" ? io.stdin : file;
  const encoding = encodingOf(file, input);
  return encoding === undefined ? from : { from, encoding };
}

/** A file, or `-` for stdout. */
export function sinkOf(file: string, input: Input, io: Io): ResourceSink {
  const to = file === "-" ? stayingOpen(io.stdout) : file;
  const encoding = encodings.find((known) => known === input.text("compression"));
  return encoding === undefined ? to : { to, encoding };
}

/** An exporter that fetches a URL by itself looks at what it gets by itself. */
function encodingOf(file: string, input: Input): ContentEncoding | undefined {
  const given = encodings.find((known) => known === input.text("compression"));
  if (given !== undefined || /^https?:/.test(file)) return given;
  return byEnding[/\.([a-z0-9]+)$/.exec(file)?.[1] ?? ""];
}

/** To end stdout would end it for everybody who shares it, where it is a socket. */
function stayingOpen(output: Writable): Writable {
  return new Writable({ write: (chunk: Uint8Array, _, done) => void output.write(chunk, done) });
}
