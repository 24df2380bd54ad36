import type { ConsolePattern, ConsoleWaitOptions } from "@jumpstarter-ts/core";

import { badCommand, type CommandLines } from "./command-line.ts";
import { exitCodeIn, type Framing } from "./framing.ts";
import { anyKernelLines, interleaved } from "./kernel-lines.ts";
import { loginPrompt } from "./reach-prompt.ts";
import { ShellError } from "./shell-error.ts";
import type { ShellConsole } from "./shell.ts";

export interface DialogueOptions {
  /** The device's own prompt, where it is not ours. */
  readonly prompt: RegExp | undefined;
  /** False for a device that knows no `$?`. */
  readonly exitCodes: boolean;
}

export interface DialogueLimits {
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
  readonly failOn: readonly ConsolePattern[];
}

/** What is said to a shell, and what it answers. */
export interface Dialogue {
  command(lines: CommandLines, kernelLines: "drop" | "keep", limits: DialogueLimits): Promise<Answer>;
  /** Ends what runs, and waits for a sign of life. */
  interrupt(): Promise<void>;
}

export interface Answer {
  readonly output: string;
  readonly exitCode: number | undefined;
}

/** How long a shell may take for what it does by itself. */
const replyMs = 5_000;
const interruptMs = 500;
/** A login prompt is looked for no further back than this. */
const shownChars = 4_096;

export function createDialogue(
  console: ShellConsole,
  framing: Framing,
  { prompt, exitCodes }: DialogueOptions,
): Dialogue {
  const prompts = promptPatterns(framing, prompt);
  const atPrompt = prompt ?? new RegExp(`${interleaved(framing.prompt)}${anyKernelLines}$`);

  const awaitPrompt = async (options: ConsoleWaitOptions): Promise<void> => void (await console.race(prompts, options));

  /** Where the last command was given. */
  let given = console.mark();

  function checkLogin(): void {
    if (prompt !== undefined || !loginPrompt.test(console.textSince(given).slice(-shownChars))) return;
    throw new ShellError("SHELL_BROKEN", "the shell has ended: the console asks for a login");
  }

  async function interrupt(): Promise<void> {
    checkLogin();
    for (let tries = 2; ; tries--) {
      const since = console.mark();
      await console.send("\u0003");
      const frame = framing.next();
      try {
        // A line editor forgets what was typed before it has shown its prompt.
        const first = await console.race(prompts, { since, timeout: interruptMs, failOn: [] }).catch(() => undefined);
        checkLogin();
        if (exitCodes) {
          await console.send(`${frame.ask}\n`);
          const { end } = await console.waitFor(frame.answer, { since, timeout: replyMs / 2, failOn: [] });
          await awaitPrompt({ since: { ...since, offset: end }, timeout: replyMs / 2, failOn: [] });
        } else if (first === undefined) {
          await console.waitFor(atPrompt, { since, timeout: replyMs / 2, failOn: [] });
        }
        return;
      } catch (error) {
        if (tries === 1 || error instanceof ShellError) throw error;
      }
    }
  }

  /** A device without exit codes: what it says between the end of its echo and its prompt. */
  async function bare({ command }: CommandLines, limits: ConsoleWaitOptions): Promise<Answer> {
    const since = console.mark();
    given = since;
    await send(command, limits);
    const { start } = await console.waitFor(atPrompt, { ...limits, since });
    const said = console.textSince(since).slice(0, start - since.offset);
    return { output: afterEcho(said), exitCode: undefined };
  }

  const send = (line: string, { signal }: ConsoleWaitOptions): Promise<void> =>
    console.send(`${line}\n`, signal === undefined ? {} : { signal });

  return {
    interrupt,
    async command(lines, kernelLines, { timeoutMs, signal, failOn }) {
      const limits = { timeout: timeoutMs, failOn, ...(signal === undefined ? {} : { signal }) };
      if (!exitCodes) return bare(lines, limits);
      for (const line of lines.before) {
        const since = console.mark();
        await send(line, limits);
        await awaitPrompt({ ...limits, since });
      }
      const frame = framing.next();
      const since = console.mark();
      given = since;
      await send(frame.wrap(lines.command), limits);
      const patterns: Readonly<Record<string, ConsolePattern>> = {
        end: frame.end,
        prompt: atPrompt,
        ...(prompt === undefined ? { more: framing.more } : {}),
      };
      const first = await console.race(patterns, { ...limits, since });
      if (first.which === "more") {
        await interrupt();
        throw badCommand(lines.command, "is not complete: the shell asked for more");
      }
      let last = first;
      let until = first.match.start;
      if (first.which === "prompt") {
        // A prompt without an end: a syntax error, say, for which a shell gives up the whole line. Or it only looked so.
        await send(frame.ask, limits);
        last = await console.race({ end: frame.end, answer: frame.answer }, { ...limits, since });
        if (last.which === "end") {
          until = last.match.start;
          await console.waitFor(frame.answer, { ...limits, since });
        }
      }
      const said = console.textSince(since);
      const exitCode = exitCodeIn(last.match.text);
      await awaitPrompt({ ...limits, since: { ...since, offset: last.match.end }, timeout: replyMs });
      const text = said.slice(0, until - since.offset);
      return { output: frame.outputIn(text, kernelLines) ?? afterEcho(text), exitCode };
    },
  };
}

/** What follows the line that was typed. */
function afterEcho(text: string): string {
  return text.slice(text.indexOf("\n") + 1);
}

/** Of ours two: the first is seen at once, the second although the kernel writes into it. */
function promptPatterns(framing: Framing, prompt: RegExp | undefined): Readonly<Record<string, ConsolePattern>> {
  if (prompt !== undefined) return { prompt };
  return { whole: framing.prompt, broken: new RegExp(interleaved(framing.prompt)) };
}
