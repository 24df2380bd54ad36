import { JumpstarterError, type Console } from "@jumpstarter-ts/core";

import { dhcpInfo, type DhcpInfo } from "./dhcp.ts";
import { ask, literally, type PromptWait } from "./prompt.ts";

export interface CheckedOptions extends PromptWait {
  /** How often the command is tried, 2 seconds of U-Boot's own `sleep` between. Default 1. */
  readonly tries?: number;
}

export interface CommandAnswer {
  /** Without the echo and the exit code. */
  readonly lines: readonly string[];
  readonly exitCode: number;
}

/** U-Boot at its prompt. Valid until the board is reset or boots something else. */
export interface UbootConsole {
  /** Runs a command and gives what it said, without the last line feed. Its exit code stays unknown. */
  run(command: string, options?: PromptWait): Promise<string>;
  /** Runs a command and gives what it said and its exit code, whatever that is. */
  try(command: string, options?: CheckedOptions): Promise<CommandAnswer>;
  /** Runs a command that has to succeed, and gives the lines that it said. */
  runChecked(command: string, options?: CheckedOptions): Promise<readonly string[]>;
  /** A variable's value; undefined for one that is not set. */
  getEnv(name: string, options?: PromptWait): Promise<string | undefined>;
  /** Sets a variable, or with undefined deletes it. Nothing is saved. */
  setEnv(name: string, value: string | undefined, options?: PromptWait): Promise<void>;
  setEnvs(values: Readonly<Record<string, string | undefined>>, options?: PromptWait): Promise<void>;
  /** Gets an address from the network, without loading a file. */
  setupDhcp(options?: PromptWait): Promise<DhcpInfo>;
}

const environmentTimeoutMs = 5_000;
/** U-Boot acts on these as they come, and none of them gets into a line. */
// eslint-disable-next-line no-control-regex -- They are what it looks for.
const control = /[\x00-\x1f\x7f]/;

export function createUbootConsole(console: Console, prompt: string, path: string): UbootConsole {
  const pattern = literally(prompt);

  const run: UbootConsole["run"] = async (command, options) => {
    if (control.test(command)) {
      throw refuse(path, `takes one line at a time and no control characters, not ${JSON.stringify(command)}`);
    }
    // U-Boot would repeat the previous command.
    if (command.trim() === "") throw refuse(path, "takes no empty command");
    return ask(console, command, pattern, options);
  };

  const once = async (command: string, options: PromptWait): Promise<CommandAnswer> => {
    const said = await run(`${command}; echo $?`, options);
    const lines = said.split("\n");
    while (lines.at(-1)?.trim() === "") lines.pop();
    const code = lines.pop()?.trim() ?? "";
    if (/^\d+$/.test(code)) return { lines, exitCode: Number(code) };
    throw new JumpstarterError(
      `${path} gave no exit code of ${JSON.stringify(command)}; it said ${JSON.stringify(said.slice(-200))}`,
      { code: "failed-precondition", reason: "UBOOT_NO_EXIT_CODE" },
    );
  };

  const attempt: UbootConsole["try"] = async (command, { tries = 1, ...options } = {}) => {
    for (let left = tries; ;) {
      const answer = await once(command, options);
      if (answer.exitCode === 0 || --left <= 0) return answer;
      await run("sleep 2", options);
    }
  };

  const runChecked: UbootConsole["runChecked"] = async (command, options) => {
    const { lines, exitCode } = await attempt(command, options);
    if (exitCode === 0) return lines;
    const said = lines.join("\n").trim();
    throw new JumpstarterError(`${path}: ${command} ended with ${exitCode}; it said ${JSON.stringify(said)}`, {
      code: "failed-precondition",
      reason: "UBOOT_COMMAND_FAILED",
    });
  };

  const getEnv: UbootConsole["getEnv"] = async (name, options) => {
    checkName(path, name);
    const { lines, exitCode } = await attempt(`printenv ${name}`, { timeoutMs: environmentTimeoutMs, ...options });
    const start = `${name}=`;
    const first = lines.findIndex((line) => line.startsWith(start));
    // A value may have several lines.
    if (exitCode === 0 && first >= 0) return lines.slice(first).join("\n").slice(start.length);
    if (lines.some((line) => line.startsWith("## Error") && line.trimEnd().endsWith("not defined"))) return undefined;
    throw new JumpstarterError(`${path} did not answer printenv ${name}; it said ${JSON.stringify(lines.join("\n"))}`, {
      code: "failed-precondition",
      reason: "UBOOT_BAD_ANSWER",
    });
  };

  const setEnv: UbootConsole["setEnv"] = async (name, value, options) => {
    checkName(path, name);
    if (value !== undefined && (value.includes("'") || control.test(value))) {
      throw refuse(
        path,
        `cannot set ${name} to ${JSON.stringify(value)}: a single quote or a control character cannot be written`,
      );
    }
    const limits = { timeoutMs: environmentTimeoutMs, ...options };
    if (value === undefined || !value.includes("\\")) {
      await runChecked(value === undefined ? `setenv ${name}` : `setenv ${name} '${value}'`, limits);
      return;
    }
    // The older of U-Boot's shells takes a backslash away also between quotes, the newer one does not.
    for (const written of [value.replaceAll("\\", "\\\\"), value]) {
      await runChecked(`setenv ${name} '${written}'`, limits);
      if ((await getEnv(name, options)) === value) return;
    }
    throw new JumpstarterError(
      `${path} did not take ${JSON.stringify(value)} for ${name} as it is: avoid backslashes`,
      {
        code: "failed-precondition",
        reason: "UBOOT_BAD_ANSWER",
      },
    );
  };

  return {
    run,
    try: attempt,
    runChecked,
    getEnv,
    setEnv,
    async setEnvs(values, options) {
      for (const [name, value] of Object.entries(values)) await setEnv(name, value, options);
    },
    async setupDhcp(options) {
      const autoload = await getEnv("autoload", options);
      await setEnv("autoload", "no", options);
      try {
        await runChecked("dhcp", { ...options, tries: 3 });
      } catch (error) {
        // Its own failure is worth less than the one that led here.
        await setEnv("autoload", autoload, options).catch(() => undefined);
        throw error;
      }
      await setEnv("autoload", autoload, options);
      const [address, gateway, netmask] = [
        await getEnv("ipaddr", options),
        await getEnv("gatewayip", options),
        await getEnv("netmask", options),
      ];
      return dhcpInfo(path, { address, gateway, netmask });
    },
  };
}

function checkName(path: string, name: string): void {
  if (!/^[^\s=;'"$\\]+$/.test(name)) throw refuse(path, `has no variable that could be called ${JSON.stringify(name)}`);
}

function refuse(path: string, what: string): JumpstarterError {
  return new JumpstarterError(`${path} ${what}`, { code: "invalid-argument", reason: "UBOOT_BAD_COMMAND" });
}
