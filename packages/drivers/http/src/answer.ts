import type { BigIntStats } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";

import { openConfined, type Denial } from "@jumpstarter-ts/driver-storage/serving";

import { decide, type Version } from "./conditions.ts";
import { mediaType } from "./media-type.ts";
import { isRefusal, parseRequestPath, type Refusal } from "./request-path.ts";
import { sendPart } from "./send-file.ts";

/** Answers one request for a file below the root. Resolves when the answer is out, or its receiver gone. */
export async function answer(root: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  response.setHeader("x-content-type-options", "nosniff");
  const { method } = request;
  if (method !== "GET" && method !== "HEAD") {
    response.setHeader("allow", "GET, HEAD");
    refuse(response, { status: 405, sentence: `${method} is not possible here: files can only be read` });
    return;
  }
  const path = parseRequestPath(request.url ?? "");
  if (isRefusal(path)) return refuse(response, path);
  const file = await openConfined(root, path);
  if (typeof file === "string") return refuse(response, denied(file, path));
  await using opened = file;

  const version = versionOf(opened.stats);
  const outcome = decide(request.headers, version);
  response.setHeader("etag", version.etag);
  response.setHeader("last-modified", version.modified.toUTCString());
  response.setHeader("accept-ranges", "bytes");
  if (outcome.status === 304) {
    response.writeHead(304).end();
    return;
  }
  if (outcome.status === 412) return refuse(response, { status: 412, sentence: "the file is not the one asked for" });
  if (outcome.status === 416) {
    response.setHeader("content-range", `bytes */${version.size}`);
    return refuse(response, { status: 416, sentence: `the file has ${version.size} bytes, none of them asked for` });
  }
  const { part, status } = outcome;
  if (status === 206) response.setHeader("content-range", `bytes ${part.from}-${part.to - 1}/${version.size}`);
  response.setHeader("content-type", mediaType(path.at(-1) ?? ""));
  response.setHeader("content-length", part.to - part.from);
  response.writeHead(status);
  if (method === "HEAD" || part.from === part.to) {
    response.end();
    return;
  }
  const isWhole = await sendPart(opened.handle, response, {
    part,
    signal: gone.signal,
    isUnchanged: async () => versionOf(await opened.handle.stat({ bigint: true })).etag === version.etag,
  });
  // Too few bytes for the length that was promised: the receiver cannot take them for the file.
  if (isWhole) response.end();
  else response.destroy(new Error("the file changed while it was sent"));
}

export function refuse(response: ServerResponse, { status, sentence }: Refusal): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const body = `${sentence}\n`;
  const headers = { "content-type": "text/plain; charset=utf-8", "content-length": Buffer.byteLength(body) };
  // What a refused method carries along is not read.
  response.writeHead(status, status === 405 ? { ...headers, connection: "close" } : headers);
  response.end(body);
}

const denials: Readonly<Record<Denial, { readonly status: Refusal["status"]; readonly said: string }>> = {
  absent: { status: 404, said: "is not there" },
  outside: { status: 403, said: "leads out of what is served" },
  "no-file": { status: 403, said: "is no file, and directories are not listed" },
  "not-allowed": { status: 403, said: "may not be read by the exporter" },
  failed: { status: 503, said: "cannot be opened now" },
};

function denied(denial: Denial, path: readonly string[]): Refusal {
  const { status, said } = denials[denial];
  return { status, sentence: `/${path.join("/")} ${said}` };
}

function versionOf({ size, mtimeMs, mtimeNs, ino }: BigIntStats): Version {
  return {
    etag: `"${[ino, size, mtimeNs].map((part) => part.toString(36)).join("-")}"`,
    modified: new Date(Number(mtimeMs / 1000n) * 1000),
    size: Number(size),
  };
}
