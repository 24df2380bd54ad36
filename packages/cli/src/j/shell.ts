import type { Device } from "@jumpstarter-ts/client";

import { UsageError, type Command } from "../command.ts";
import { untyped } from "./call.ts";

/** One command for each that the exporter's configuration offers. */
export async function shellCommands(device: Device): Promise<readonly Command[]> {
  const methods = await device.call("get_methods");
  return (Array.isArray(methods) ? methods : []).map((method): Command => ({
    name: String(method),
    help: `Run ${String(method)} on the exporter`,
    parameters: [{ name: "ARGS", help: "Its arguments", isOptional: true, isRest: true }],
    options: [{ name: "env", short: "e", value: "KEY=VALUE", isRepeated: true, help: "Set a variable for it" }],
    run: async (input, io) => {
      const env = Object.fromEntries(input.texts("env").map((pair) => assignment(pair, input.called)));
      let code = 0;
      for await (const item of untyped(device, io.signal).stream("call_method", method, env, ...input.words("ARGS"))) {
        const [stdout, stderr, exitCode]: readonly unknown[] = Array.isArray(item) ? item : [];
        if (typeof stdout === "string") io.stdout.write(stdout);
        if (typeof stderr === "string") io.stderr.write(stderr);
        if (typeof exitCode === "number") code = exitCode;
      }
      return code;
    },
  }));
}

function assignment(pair: string, called: string): readonly [string, string] {
  const equals = pair.indexOf("=");
  if (equals > 0) return [pair.slice(0, equals), pair.slice(equals + 1)];
  throw new UsageError(`--env of ${called} is ${JSON.stringify(pair)}: write KEY=VALUE`);
}
