import {
  defineDriver,
  isJumpstarterError,
  JumpstarterError,
  type CallOptions,
  type Remote,
} from "@jumpstarter-ts/core";
import type { PowerClient } from "@jumpstarter-ts/driver-power";
import type { SerialClient } from "@jumpstarter-ts/driver-serial";

import { ubootContract } from "./contract.ts";
import { defaultTimeoutMs, literally } from "./prompt.ts";
import { createUbootConsole, type UbootConsole } from "./uboot-console.ts";

export interface RebootOptions {
  /** How often the boot is asked to stop. Default 100. */
  readonly retries?: number;
  /** Milliseconds between two of these. Default 100. */
  readonly intervalMs?: number;
  /** Milliseconds without power. Default 2000. */
  readonly offForMs?: number;
  readonly signal?: AbortSignal;
}

export interface UbootClient {
  readonly power: PowerClient;
  readonly serial: SerialClient;
  prompt(options?: CallOptions): Promise<string>;
  /** Cycles the power, stops the boot, and gives U-Boot at its prompt. */
  rebootToConsole(options?: RebootOptions): Promise<UbootConsole>;
  /** U-Boot that is at its prompt already, or about to be. */
  console(options?: Omit<RebootOptions, "offForMs">): Promise<UbootConsole>;
}

export const uboot = defineDriver({
  contract: ubootContract,
  client: ubootClient,
  safeState: (client) => client.power.off(),
});

/** Escape stops the countdown of a boot, and runs nothing at a prompt. */
const stopCountdown = "\x1b";
/** Stops it too, and makes a prompt show itself again. */
const showPrompt = "#\n";

function ubootClient(remote: Remote<typeof ubootContract>): UbootClient {
  const { children, path } = remote;
  const prompt: UbootClient["prompt"] = (options = {}) => remote.with(options).call("get_prompt");

  const reach = async (keys: string, options: RebootOptions, before: () => Promise<void>): Promise<UbootConsole> => {
    const { retries = 100, intervalMs = 100, signal } = options;
    const limits = signal === undefined ? {} : { signal };
    const { serial } = children;
    const expected = await prompt(limits);
    // At the very first there may be no line before it.
    const pattern = literally(expected.replace(/^\n+/, ""));
    const since = serial.mark();
    await before();
    let failure: unknown;
    for (let tries = 0; tries < retries; tries++) {
      await serial.send(keys, limits);
      try {
        await serial.waitFor(pattern, { since, timeout: intervalMs, ...limits });
      } catch (error) {
        if (!isJumpstarterError(error) || error.reason !== "CONSOLE_NO_MATCH") throw error;
        failure = error;
        continue;
      }
      await settle(serial, expected, limits);
      return createUbootConsole(serial, expected, path);
    }
    throw new JumpstarterError(
      `${path} did not show U-Boot's prompt ${JSON.stringify(expected)} after ${retries} attempts to stop the boot`,
      { code: "deadline-exceeded", reason: "UBOOT_NO_PROMPT", cause: failure },
    );
  };

  return {
    get power() {
      return children.power;
    },
    get serial() {
      return children.serial;
    },
    prompt,
    rebootToConsole: ({ offForMs, ...options } = {}) =>
      reach(stopCountdown, options, () =>
        children.power.cycle({
          ...(offForMs === undefined ? {} : { offForMs }),
          ...(options.signal === undefined ? {} : { signal: options.signal }),
        }),
      ),
    console: (options = {}) => reach(showPrompt, options, async () => undefined),
  };
}

/** Uses up the keys that stand in the line, and leaves behind the prompts that they made. */
async function settle(serial: SerialClient, prompt: string, limits: { readonly signal?: AbortSignal }): Promise<void> {
  const since = serial.mark();
  // An escape that stands in the line takes with it what follows, up to a letter, hence the word in between.
  const token = `at-${Math.trunc(since.at)}`;
  await serial.sendLine(`# is ${token}`, limits);
  await serial.waitFor(literally(prompt, `${token}[^]*?`), { since, timeout: defaultTimeoutMs, ...limits });
}
