import { resolve } from "node:path";
import { isIPv6 } from "node:net";

import { implement, openChild, serve } from "@jumpstarter-ts/core";
import { opendal } from "@jumpstarter-ts/driver-storage/opendal";
import { ownAddress } from "@jumpstarter-ts/driver-storage/serving";

import { http } from "./client.ts";
import { httpServerOptions } from "./options.ts";
import { openWebServer, type WebServer } from "./web-server.ts";

export const httpServer = implement(http, httpServerOptions, async (options, scope) => {
  const root = resolve(scope.baseDirectory, options.root_dir);
  const { remove_created_on_close } = options;
  const storage = await openChild(scope, "storage", opendal, {
    options: { scheme: "fs", kwargs: { root }, remove_created_on_close },
  });
  const host = options.host ?? (await ownAddress());
  let running: WebServer | undefined;
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
  scope.defer(() => inTurn(close), { what: "stop the HTTP server" });

  return serve(
    http,
    {
      start: () =>
        inTurn(async () => {
          scope.signal.throwIfAborted();
          if (running !== undefined) {
            scope.log.warning("the HTTP server runs already");
            return;
          }
          running = await openWebServer({
            root,
            host,
            port: options.port,
            idleMs: options.timeout * 1_000,
            maxConnections: options.max_connections,
            log: scope.log,
          });
          scope.log.info(`the HTTP server runs on ${host} port ${running.port}`);
        }),
      stop: () =>
        inTurn(async () => {
          if (running === undefined) scope.log.warning("the HTTP server does not run");
          await close();
        }),
      get_url: () => `http://${isIPv6(host) ? `[${host}]` : host}:${running?.port ?? 0}`,
      get_host: () => host,
      get_port: () => running?.port ?? 0,
    },
    { children: { ...scope.children, storage } },
  );
});
