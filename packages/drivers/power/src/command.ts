import { implement, JumpstarterError, silentLogger, type CallContext, type Logger } from "@jumpstarter-ts/core";
import { runCommand } from "@jumpstarter-ts/process";
import { z } from "zod";

import { power } from "./client.ts";

const command = z.array(z.string().min(1)).min(1);

const options = z.strictObject({
  /** Program and arguments that switch the power on: `[uhubctl, -l, 1-1, -p, "2", -a, "on"]`. No shell is involved. */
  on: command,
  /** The same for off. It also runs when the session ends, whatever happened before. */
  off: command,
  /** Prints a reading as `{"voltage": 5.02, "current": 0.31}`, one a line. */
  read: command.optional(),
  /** Milliseconds a command may take. */
  timeout_ms: z.number().int().positive().default(10_000),
});

const reading = z.object({ voltage: z.number(), current: z.number() });

/** Any switch that has a program: a USB hub behind `uhubctl`, a socket behind a vendor's tool. */
export const commandPower = implement(power, options, ({ on, off, read, timeout_ms }, scope) => {
  const run = (
    argv: readonly string[],
    { signal }: Partial<CallContext> = {},
    log: Logger = scope.log,
  ): Promise<string> =>
    runCommand(argv, {
      signal,
      timeoutMs: timeout_ms,
      cwd: scope.baseDirectory,
      log,
      reasonPrefix: "POWER_COMMAND",
    });
  scope.defer(() => run(off, {}, silentLogger), { what: "power off", timeoutMs: timeout_ms + 1_000 });
  return {
    on: async (context) => void (await run(on, context)),
    off: async (context) => void (await run(off, context)),
    async *read(context) {
      if (read === undefined) {
        throw new JumpstarterError(`${scope.name} cannot measure: give it a "read" command`, {
          code: "unsupported",
          reason: "POWER_CANNOT_MEASURE",
        });
      }
      const output = await run(read, context);
      for (const line of output.split("\n").filter((text) => text.trim() !== ""))
        yield parseReading(line, read[0] ?? "");
    },
  };
});

function parseReading(line: string, program: string): z.infer<typeof reading> {
  try {
    return reading.parse(JSON.parse(line));
  } catch (cause) {
    const shape = '{"voltage": number, "current": number}';
    throw new JumpstarterError(`${program} printed ${JSON.stringify(line.slice(0, 120))}, which is no ${shape}`, {
      code: "internal",
      reason: "POWER_READING_INVALID",
      cause,
    });
  }
}
