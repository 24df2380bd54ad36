import { connect } from "node:net";
import { resolve } from "node:path";

import { implement } from "@jumpstarter-ts/core";
import { z } from "zod";

import { network } from "./client.ts";
import { hold, opened } from "./connecting.ts";

const options = z.strictObject({
  /** A path; a relative one starts at the exporter's configuration file. */
  path: z.string().min(1),
});

export const unixNetwork = implement(network, options, ({ path }, scope) => {
  const socketPath = resolve(scope.baseDirectory, path);
  return {
    async connect({ signal }) {
      const holding = { scope, signal, what: `connection to the unix socket ${socketPath}` };
      const socket = hold(connect({ path: socketPath, allowHalfOpen: true }), holding);
      return opened(socket, { ...holding, event: "connect" });
    },
  };
});
