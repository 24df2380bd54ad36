import {
  abortedError,
  formatDuration,
  isJumpstarterError,
  parseDuration,
  type CommandResult,
  type ConsolePattern,
  type ConsoleWaits,
  type RunOptions,
  type Shell,
  type ShellArgument,
  type ShellOptions,
} from "@jumpstarter-ts/core";

import { badCommand, quoteTemplate, toLines } from "./command-line.ts";
import { createFraming } from "./framing.ts";
import { createDialogue, type Dialogue } from "./dialogue.ts";
import { reachPrompt } from "./reach-prompt.ts";
import { during, isTooLate, ShellError, waitOf } from "./shell-error.ts";

/** What a shell needs of a console. */
export interface ShellConsole extends ConsoleWaits {
  send(text: string, options?: { readonly signal?: AbortSignal }): Promise<void>;
}

/** The line of a kernel panic, as the kernel writes it. */
const kernelPanic = /\[ *\d+\.\d{6}\](?:\[[^\]\n]*\])? Kernel panic - not syncing.*/;

/** Reaches a shell on a console, by logging in if need be, and makes it show where each command begins and ends. */
export function openShell(
  console: ShellConsole,
  options: ShellOptions & { readonly prompt: RegExp },
): Promise<Shell<number | undefined>>;
export function openShell(console: ShellConsole, options?: ShellOptions & { readonly prompt?: never }): Promise<Shell>;
export async function openShell(console: ShellConsole, options: ShellOptions = {}): Promise<Shell<number | undefined>> {
  const { maxLine = 800, quiet = false, prompt } = options;
  const failOn = [options.failOn ?? kernelPanic].flat();
  const framing = createFraming();
  const { exitCodes } = await reachPrompt(console, framing, { ...options, failOn });
  const dialogue = createDialogue(console, framing, { prompt, exitCodes });
  const shell = createShell(dialogue, { maxLine, failOn, isPosix: prompt === undefined });
  if (quiet) await silenceKernel(shell, options.signal);
  return shell;
}

interface CreateShellOptions {
  readonly maxLine: number;
  readonly failOn: readonly ConsolePattern[];
  readonly isPosix: boolean;
}

function createShell(dialogue: Dialogue, { maxLine, failOn, isPosix }: CreateShellOptions): Shell<number | undefined> {
  /** Why no command can be run any more. */
  let broken: ShellError | undefined;
  /** A command was left running: it has to be ended before the next one. */
  let isBehind = false;
  let queue: Promise<unknown> = Promise.resolve();

  const linesOf = (command: string) => {
    if (isPosix) return toLines(command, maxLine);
    if (/[\r\n]/.test(command))
      throw badCommand(command, "has several lines, of which this prompt takes one at a time");
    if (command.trim() === "") throw badCommand(command, "is empty, for which many a prompt repeats the one before");
    if (command.length > maxLine) throw badCommand(command, `is longer than ${maxLine} characters (maxLine)`);
    return { before: [], command };
  };

  /** Ends what was left running; breaks the shell when that does not work. */
  async function catchUp(why: string, shown?: ReturnType<typeof waitOf>): Promise<void> {
    try {
      await dialogue.interrupt();
      isBehind = false;
    } catch (error) {
      const after = error instanceof ShellError ? error.message : "Ctrl-C did not bring its prompt back";
      broken = new ShellError(
        "SHELL_BROKEN",
        `the shell cannot be used any more: ${why}, and ${after}; open a new one, after a power cycle if need be`,
        {
          ...(shown ?? waitOf(error, "Ctrl-C")),
          cause: isTooLate(error) || error instanceof ShellError ? undefined : error,
        },
      );
      throw broken;
    }
  }

  async function run(command: string, given: RunOptions): Promise<CommandResult<number | undefined>> {
    const lines = linesOf(command);
    const name = JSON.stringify(command.length > 80 ? `${command.slice(0, 80)}…` : command);
    if (given.signal?.aborted === true) throw abortedError(name, given.signal.reason);
    if (broken !== undefined) throw broken;
    if (isBehind) await catchUp("an earlier command was still running");
    const timeoutMs = parseDuration(given.timeout ?? "30s");
    const kernelLines = given.kernelLines ?? (/\bdmesg\b/.test(command) ? "keep" : "drop");
    const limits = { timeoutMs, signal: given.signal, failOn: [...failOn, ...[given.failOn ?? []].flat()] };
    isBehind = true;
    try {
      const { output, exitCode } = await dialogue.command(lines, kernelLines, limits);
      isBehind = false;
      const result = { stdout: output.endsWith("\n") ? output.slice(0, -1) : output, exitCode };
      if (given.check !== false && exitCode !== 0 && exitCode !== undefined) throw commandFailed(name, result);
      return result;
    } catch (error) {
      if (error instanceof ShellError && error.reason === "SHELL_BAD_COMMAND") isBehind = false;
      if (isTooLate(error)) {
        const shown = waitOf(error, "the command");
        const late = `${name} did not end within ${formatDuration(timeoutMs)}`;
        await catchUp(late, shown);
        throw new ShellError("SHELL_TIMEOUT", `${late}; Ctrl-C has ended it`, shown);
      }
      if (isJumpstarterError(error) && (error.reason === "CONSOLE_FAILED_ON" || error.reason === "CONSOLE_ENDED")) {
        broken = new ShellError(
          "SHELL_BROKEN",
          `the shell cannot be used any more, since ${name} ran: open a new one`,
          {
            cause: error,
          },
        );
      }
      throw during(`while ${name} ran`, error);
    }
  }

  async function runInTurn(command: string, given: RunOptions, caller: Function) {
    const site: { stack?: string } = {};
    Error.captureStackTrace(site, caller);
    const result = queue.then(() => run(command, given));
    queue = result.catch(() => undefined);
    try {
      return await result;
    } catch (error) {
      pointAt(error, site);
      throw error;
    }
  }
  const call = (texts: TemplateStringsArray, ...args: readonly ShellArgument[]) =>
    runInTurn(quoteTemplate(texts, args), {}, call);
  const runCommand = (command: string, given: RunOptions = {}) => runInTurn(command, given, runCommand);
  return Object.assign(call, {
    run: runCommand,
    async [Symbol.asyncDispose]() {
      broken ??= new ShellError("SHELL_BROKEN", "the shell was disposed: open a new one");
      await queue;
    },
  });
}

/** What fails when an answer comes has no way back to the line of the test that asked. */
function pointAt(error: unknown, { stack = "" }: { readonly stack?: string }): void {
  if (!isJumpstarterError(error)) return;
  error.stack = `${error.name}: ${error.message}${stack.slice(stack.indexOf("\n    at "))}`;
}

function commandFailed(name: string, { stdout, exitCode }: CommandResult<number | undefined>): ShellError {
  const lines = stdout.split("\n");
  const said = lines.length > 20 ? [`… ${lines.length - 20} lines before`, ...lines.slice(-20)] : lines;
  const text = stdout === "" ? " and wrote nothing" : ["", "  Wrote", ...said.map((line) => `    ${line}`)].join("\n");
  return new ShellError("SHELL_COMMAND_FAILED", `${name} ended with exit code ${exitCode}${text}`, {
    stdout,
    exitCode,
  });
}

/** `dmesg -n 1` says nothing where it has no effect, so the kernel is asked. */
async function silenceKernel(shell: Shell<number | undefined>, signal: AbortSignal | undefined): Promise<void> {
  const options = { check: false, ...(signal === undefined ? {} : { signal }) };
  const said = await shell.run("dmesg -n 1", options);
  const level = await shell.run("cat /proc/sys/kernel/printk", options);
  if (/^[01]\s/.test(level.stdout)) return;
  throw new ShellError(
    "SHELL_NOT_QUIET",
    `the kernel still writes to the console: after "dmesg -n 1" (exit code ${said.exitCode}) its log level is ${JSON.stringify(level.stdout)}; log in as root, or go without quiet`,
  );
}
