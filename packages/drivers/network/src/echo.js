import { PassThrough } from "node:stream";
import { implement } from "@jumpstarter-ts/core";
import { z } from "zod";
import { network } from "./client.js";
import { hold } from "./connecting.js";
/** Answers every chunk with itself, boundaries kept: for trying an exporter without a network. */
export const echoNetwork = implement(network, z.strictObject({}).default({}), (_options, scope) => ({
  connect: ({ signal }) => hold(new PassThrough({ objectMode: true }), { scope, signal, what: "echo" }),
}));
//# sourceMappingURL=echo.js.map
