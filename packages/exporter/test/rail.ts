import { appendFileSync } from "node:fs";

import { contract, defineDriver, implement, unary } from "@jumpstarter-ts/core";
import { z } from "zod";

const definition = defineDriver({
  contract: contract({
    name: "rail",
    label: "acme.client.Rail",
    methods: { on: unary(), explode: unary(), vanish: unary() },
  }),
  client: () => ({}),
});

/** A rail whose state is a line in a file, so that another process can see how it was left. */
export const rail = implement(
  definition,
  z.strictObject({ file: z.string(), hangs: z.boolean().default(false), opensNever: z.boolean().default(false) }),
  async ({ file, hangs, opensNever }, scope) => {
    const say = (state: string): void => appendFileSync(file, `${state}\n`);
    scope.defer(() => (hangs ? new Promise(() => undefined) : say("off")));
    if (opensNever) {
      say("opening");
      await new Promise(() => undefined);
    }
    return {
      on() {
        say("on");
        scope.log.info("rail on");
      },
      explode() {
        setImmediate(() => {
          throw new Error("nobody listens");
        });
      },
      vanish() {
        process.exit(7);
      },
    };
  },
);
