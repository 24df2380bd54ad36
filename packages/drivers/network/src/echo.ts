import { PassThrough } from "node:stream";

import { implement } from "@jumpstarter-ts/core";
import { z } from "zod";

import { network } from "./client.ts";
import { hold } from "./connecting.ts";

/** Answers every chunk with itself, boundaries kept: for trying an exporter without a network. */
export const echoNetwork = implement(network, z.strictObject({}).default({}), (_options, scope) => ({
  connect: ({ signal }) => hold(new PassThrough({ objectMode: true }), { scope, signal, what: "echo" }),
}));
