import {
  defineDriver,
  JumpstarterError,
  type CallOptions,
  type Remote,
  type ResourceSource,
} from "@jumpstarter-ts/core";
import type { FlashOptions, StorageClient } from "@jumpstarter-ts/driver-storage";

import { httpContract } from "./contract.ts";

/** A server that runs until this is disposed of. */
export interface RunningHttp extends AsyncDisposable {
  readonly url: string;
}

export interface HttpClient {
  /** The files that the server serves. */
  readonly storage: StorageClient;
  start(options?: CallOptions): Promise<void>;
  stop(options?: CallOptions): Promise<void>;
  /** Starts the server, and stops it when what it gives is disposed of. */
  serve(options?: CallOptions): Promise<RunningHttp>;
  /** `http://host:port`, as a device reaches it. */
  url(options?: CallOptions): Promise<string>;
  host(options?: CallOptions): Promise<string>;
  port(options?: CallOptions): Promise<number>;
  /** Puts a file among those that are served, and gives its URL. */
  putFile(path: string, from: ResourceSource, options?: FlashOptions): Promise<string>;
}

export const http = defineDriver({ contract: httpContract, client: httpClient });

function httpClient(remote: Remote<typeof httpContract>): HttpClient {
  const { children, path: name } = remote;
  const start: HttpClient["start"] = (options = {}) => remote.with(options).call("start");
  const stop: HttpClient["stop"] = (options = {}) => remote.with(options).call("stop");
  const url: HttpClient["url"] = (options = {}) => remote.with(options).call("get_url");
  return {
    get storage() {
      return children.storage;
    },
    start,
    stop,
    url,
    async serve(options) {
      await start(options);
      try {
        return { url: await url(options), [Symbol.asyncDispose]: () => stop() };
      } catch (error) {
        await stop();
        throw error;
      }
    },
    async host(options = {}) {
      const host = await remote.with(options).call("get_host");
      if (host !== null && host !== undefined) return host;
      throw new JumpstarterError(`${name} does not know its address; set host in the exporter's configuration`, {
        code: "failed-precondition",
        reason: "HTTP_NO_HOST",
      });
    },
    port: (options = {}) => remote.with(options).call("get_port"),
    async putFile(path, from, options) {
      await children.storage.writeFromPath(path, from, options);
      return fileUrl(await url(options?.signal === undefined ? {} : { signal: options.signal }), path);
    },
  };
}

/** The URL of a path below another: each part encoded, the slashes kept. */
export function fileUrl(base: string, path: string): string {
  const parts = path.split("/").filter((part) => part !== "");
  return [base.replace(/\/+$/, ""), ...parts.map(encodeURIComponent)].join("/");
}
