import { messageOf } from "@jumpstarter-ts/core";
import { z } from "zod";

import { metadataOf, type BackendFile, type Metadata, type StorageBackend } from "./backend.ts";
import { capabilityWith } from "./capability.ts";
import { refuse } from "./storage-error.ts";
import type { StoragePath } from "./storage-path.ts";

/** `kwargs` of scheme http, by upstream's names. */
export const httpOptions = z.strictObject({
  endpoint: z.url({ protocol: /^https?$/, error: "write an http:// or https:// URL" }),
  root: z.string().default("/"),
  username: z.string().optional(),
  password: z.string().optional(),
  token: z.string().optional(),
});

interface Ask {
  readonly method: "GET" | "HEAD";
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/** What a web server offers below a URL: to look and to read, no more. */
export function httpBackend({
  endpoint,
  root,
  username,
  password,
  token,
}: z.infer<typeof httpOptions>): StorageBackend {
  const headers = authorization(username, password, token);
  const urlOf = (path: StoragePath): URL => {
    const words = [...root.split("/").filter((word) => word !== ""), ...path.segments].map(encodeURIComponent);
    return new URL(
      `${endpoint.replace(/\/+$/, "")}/${words.join("/")}${path.isDirectory && words.length > 0 ? "/" : ""}`,
    );
  };
  const ask = async (path: StoragePath, init: Ask): Promise<Response> => {
    try {
      return await fetch(urlOf(path), {
        ...init,
        headers: { ...headers, "accept-encoding": "identity", ...init.headers },
      });
    } catch (cause) {
      throw refuse(
        `${init.method} of ${path.key} did not get through: ${messageOf(cause)}`,
        "HTTP_FAILED",
        "unavailable",
      );
    }
  };
  const readOnly = async (): Promise<never> => {
    throw refuse("a storage of scheme http can only be read; fs and memory can be written", "READ_ONLY", "unsupported");
  };

  const stat = async (path: StoragePath, signal: AbortSignal): Promise<Metadata | undefined> => {
    if (path.isDirectory) return metadataOf("directory", 0);
    const response = await ask(path, { method: "HEAD", signal });
    if (response.status === 404 || response.status === 410) return undefined;
    if (!response.ok) throw answered(path, response);
    return {
      ...metadataOf("file", Number(response.headers.get("content-length") ?? 0)),
      content_disposition: response.headers.get("content-disposition"),
      content_md5: response.headers.get("content-md5"),
      content_type: response.headers.get("content-type"),
      etag: response.headers.get("etag"),
    };
  };

  return {
    scheme: "http",
    capability: capabilityWith(["stat", "read", "presign", "presign_read", "presign_stat", "shared"]),
    stat,
    async open(path, mode, signal) {
      if (mode === "wb") return readOnly();
      const found = await stat(path, signal);
      if (found === undefined) throw refuse(`there is no ${path.key}`, "PATH_NOT_FOUND", "not-found");
      if (found.mode.entry_is_dir) throw refuse(`${path.key}/ is a directory`, "IS_A_DIRECTORY");
      const file: BackendFile = {
        position: 0,
        length: async () => found.content_length,
        blocks: () => body(file, path, ask),
        writable() {
          throw refuse(`${path.key} is open for reading`, "FILE_NOT_WRITABLE");
        },
        close: async () => undefined,
      };
      return file;
    },
    async children() {
      throw refuse(
        "a storage of scheme http cannot be listed: the web has no listings",
        "LIST_UNSUPPORTED",
        "unsupported",
      );
    },
    createDirectory: readOnly,
    remove: readOnly,
    rename: readOnly,
    copy: readOnly,
    presign(path, operation) {
      if (operation === "write") {
        throw refuse("a storage of scheme http can only be read", "PRESIGN_UNSUPPORTED", "unsupported");
      }
      return { url: urlOf(path).href, method: operation === "stat" ? "HEAD" : "GET", headers };
    },
  };
}

/** From the cursor on; a server that knows no ranges sends everything, of which the beginning is dropped. */
async function* body(
  file: BackendFile,
  path: StoragePath,
  ask: (path: StoragePath, init: Ask) => Promise<Response>,
): AsyncGenerator<Uint8Array> {
  const stopped = new AbortController();
  try {
    const range: Record<string, string> = file.position === 0 ? {} : { range: `bytes=${file.position}-` };
    const response = await ask(path, { method: "GET", headers: range, signal: stopped.signal });
    if (response.status === 416) return;
    if (!response.ok || response.body === null) throw answered(path, response);
    let dropped = response.status === 206 ? 0 : file.position;
    for await (const chunk of response.body) {
      const kept = chunk.subarray(Math.min(dropped, chunk.length));
      dropped -= chunk.length - kept.length;
      file.position += kept.length;
      if (kept.length > 0) yield kept;
    }
  } finally {
    stopped.abort();
  }
}

function answered({ key }: StoragePath, { status, statusText }: Response): Error {
  const isRefusal = status === 401 || status === 403;
  const code = status === 404 ? "not-found" : isRefusal ? "permission-denied" : "unavailable";
  const reason = status === 404 ? "PATH_NOT_FOUND" : isRefusal ? "STORAGE_REFUSED" : "HTTP_FAILED";
  return refuse(`the server answered ${status} ${statusText} for ${key}`, reason, code);
}

function authorization(user?: string, password?: string, token?: string): Record<string, string> {
  if (token !== undefined) return { authorization: `Bearer ${token}` };
  if (user === undefined) return {};
  return { authorization: `Basic ${Buffer.from(`${user}:${password ?? ""}`).toString("base64")}` };
}
