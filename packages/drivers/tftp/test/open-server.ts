/** A server on a directory of its own, as the driver opens it, with short timeouts. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { silentLogger } from "@jumpstarter-ts/core";

import { openTftpServer, type TftpServer, type TftpServerOptions } from "../src/tftp-server.ts";

export interface OpenedServer extends AsyncDisposable {
  readonly server: TftpServer;
  readonly root: string;
  /** What it logged at level warning. */
  readonly warnings: readonly string[];
  /** Resolves with the next warning that matches. */
  warning(pattern: RegExp): Promise<string>;
}

export async function openServer(options: Partial<TftpServerOptions> = {}): Promise<OpenedServer> {
  const root = await mkdtemp(join(tmpdir(), "jumpstarter-tftp-"));
  const warnings: string[] = [];
  const waiting = new Set<(said: string) => void>();
  const server = await openTftpServer({
    root,
    host: "127.0.0.1",
    port: 0,
    timeoutMs: 50,
    isWritable: false,
    maxUploadBytes: 1024 ** 2,
    maxTransfers: 2048,
    onUploaded: () => undefined,
    log: {
      ...silentLogger,
      warning(said) {
        warnings.push(said);
        for (const look of waiting) look(said);
      },
    },
    ...options,
  });
  return {
    server,
    root,
    warnings,
    async warning(pattern) {
      const { promise, resolve } = Promise.withResolvers<string>();
      const look = (said: string): void => {
        if (pattern.test(said)) resolve(said);
      };
      warnings.forEach(look);
      waiting.add(look);
      return promise.finally(() => waiting.delete(look));
    },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await rm(root, { recursive: true, force: true });
    },
  };
}
