import { resolve } from "node:path";

import { implement, openChild, serve, type ServedDriver } from "@jumpstarter-ts/core";
import { opendal } from "@jumpstarter-ts/driver-storage/opendal";
import { ownAddress } from "@jumpstarter-ts/driver-storage/serving";

import { tftp } from "./client.ts";
import { tftpServerOptions } from "./options.ts";
import { openTftpServer, type TftpServer } from "./tftp-server.ts";

/** As upstream's. */
const timeoutMs = 5_000;

export const tftpServer = implement(tftp, tftpServerOptions, async (options, scope) => {
  const root = resolve(scope.baseDirectory, options.root_dir);
  const { remove_created_on_close } = options;
  const storage = await openChild(scope, "storage", opendal, {
    options: { scheme: "fs", kwargs: { root }, remove_created_on_close },
  });
  const host = options.host || (await ownAddress());
  let running: TftpServer | undefined;
  let last: Promise<void> = Promise.resolve();
  /** Starts and stops follow each other, whoever calls. */
  const inTurn = (work: () => Promise<void>): Promise<void> => {
    const turn = last.then(work);
    last = turn.catch(() => undefined);
    return turn;
  };
  const close = async (): Promise<void> => {
    const server = running;
    running = undefined;
    await server?.[Symbol.asyncDispose]();
  };
  scope.defer(() => inTurn(close), { what: "stop the TFTP server" });

  return serve(
    tftp,
    {
      start: () =>
        inTurn(async () => {
          scope.signal.throwIfAborted();
          if (running !== undefined) {
            scope.log.warning("the TFTP server runs already");
            return;
          }
          running = await openTftpServer({
            root,
            host,
            port: options.port,
            timeoutMs,
            isWritable: options.writable,
            maxUploadBytes: options.max_upload_bytes,
            maxTransfers: options.max_transfers,
            onUploaded: (name) => register(storage, name),
            log: scope.log,
          });
          scope.log.info(`the TFTP server runs on ${host} port ${running.port}`);
        }),
      stop: () =>
        inTurn(async () => {
          if (running === undefined) scope.log.warning("the TFTP server does not run");
          await close();
        }),
      get_host: () => host,
      get_port: () => running?.port ?? options.port,
    },
    { children: { ...scope.children, storage } },
  );
});

/** What a device wrote counts as created in the session, as what a client put there. */
function register({ methods }: ServedDriver, name: string): void {
  // The storage's contract: register_path takes a path. It ignores the context.
  const registerPath = methods["register_path"] as ((path: string) => void) | undefined;
  registerPath?.(name);
}
