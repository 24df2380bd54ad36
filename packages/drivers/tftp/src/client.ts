import { defineDriver, type CallOptions, type Remote, type ResourceSource } from "@jumpstarter-ts/core";
import type { FlashOptions, StorageClient } from "@jumpstarter-ts/driver-storage";

import { tftpContract } from "./contract.ts";

/** A server that runs until this is disposed of. */
export interface RunningTftp extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
}

export interface TftpClient {
  /** The files that the server serves. */
  readonly storage: StorageClient;
  /** A server that runs already stays as it is. */
  start(options?: CallOptions): Promise<void>;
  stop(options?: CallOptions): Promise<void>;
  /** Starts the server, and stops it when what it gives is disposed of. */
  serve(options?: CallOptions): Promise<RunningTftp>;
  host(options?: CallOptions): Promise<string>;
  port(options?: CallOptions): Promise<number>;
  /** Puts a file among those that are served. Upstream's server takes no directories in a name. */
  putFile(path: string, from: ResourceSource, options?: FlashOptions): Promise<void>;
}

export const tftp = defineDriver({ contract: tftpContract, client: tftpClient });

function tftpClient(remote: Remote<typeof tftpContract>): TftpClient {
  const { children } = remote;
  const start: TftpClient["start"] = (options = {}) => remote.with(options).call("start");
  const stop: TftpClient["stop"] = (options = {}) => remote.with(options).call("stop");
  const host: TftpClient["host"] = (options = {}) => remote.with(options).call("get_host");
  const port: TftpClient["port"] = (options = {}) => remote.with(options).call("get_port");
  return {
    get storage() {
      return children.storage;
    },
    start,
    stop,
    host,
    port,
    async serve(options) {
      await start(options);
      try {
        return { host: await host(options), port: await port(options), [Symbol.asyncDispose]: () => stop() };
      } catch (error) {
        await stop();
        throw error;
      }
    },
    async putFile(path, from, options) {
      await children.storage.writeFromPath(path, from, options);
    },
  };
}
