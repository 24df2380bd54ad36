import {
  clock,
  formatDuration,
  parseDuration,
  type ConsoleMark,
  type ConsolePattern,
  type ConsoleWaitOptions,
  type ShellLogin,
  type ShellOptions,
} from "@jumpstarter-ts/core";

import type { Framing } from "./framing.ts";
import { anyKernelLines, interleaved, kernelLine } from "./kernel-lines.ts";
import { isTooLate, ShellError, waitOf } from "./shell-error.ts";
import type { ShellConsole } from "./shell.ts";

/** The end of a line that is not the kernel's, whatever the kernel writes behind it. */
const endsIn = (what: string): RegExp =>
  new RegExp(String.raw`(?<!\[ *\d+\.\d{6}\][^\n]*)(?:${what})${anyKernelLines} ?${anyKernelLines}$`);
/** Where a shell might be; that it is one is proved by what it answers. */
const shellPrompt = endsIn("[#$%]");
export const loginPrompt = endsIn("login:");
const passwordPrompt = endsIn("[Pp]assword:");
const refusal = /[Ll]ogin incorrect|[Pp]ermission denied|[Ll]ogin timed out/;

/** How long a shell may take to answer, and a login to be checked. */
const replyMs = 5_000;
const checkMs = 20_000;
/** Between two line feeds that nobody answered. */
const silenceMs = 2_000;
/** A prompt is looked for no further back than this. */
const shownChars = 4_096;

export interface ReachOptions extends Omit<ShellOptions, "failOn"> {
  readonly failOn: readonly ConsolePattern[];
}

/** Gets to a prompt that takes our commands: waits for it, asks for it, logs in. */
export async function reachPrompt(
  console: ShellConsole,
  framing: Framing,
  options: ReachOptions,
): Promise<{ readonly exitCodes: boolean }> {
  const { login, prompt, failOn, signal } = options;
  const nudgeMs = parseDuration(options.nudgeAfter ?? "2s");
  const timeoutMs = parseDuration(options.timeout ?? "60s");
  const deadline = clock.now() + timeoutMs;
  const left = (ms: number): number => Math.max(0, Math.min(ms, deadline - clock.now()));
  const common = { failOn, ...(signal === undefined ? {} : { signal }) };
  const patterns: Readonly<Record<"login" | "shell" | "ours", ConsolePattern>> = {
    // Of one length, so that it is seen at once.
    ours: prompt ?? /@j[0-9a-f]{6}> /,
    // In the place of what a prompt of its own has not there is the prompt itself.
    shell: prompt ?? shellPrompt,
    login: prompt ?? login?.prompt ?? loginPrompt,
  };
  const send = (text: string): Promise<void> => console.send(text, signal === undefined ? {} : { signal });
  let refusals = 0;

  /** Undefined when it was not seen in time. */
  const look = async <P extends Readonly<Record<string, ConsolePattern>>>(what: P, limits: ConsoleWaitOptions) => {
    try {
      return await console.race(what, { ...common, ...limits });
    } catch (error) {
      if (!isTooLate(error)) throw error;
      if (deadline <= clock.now()) {
        const said = prompt === undefined ? "no shell that answers" : `no prompt ${String(prompt)}`;
        const limit = formatDuration(timeoutMs);
        throw new ShellError(
          "SHELL_NOT_REACHED",
          `the console showed ${said} within ${limit}`,
          waitOf(error, "the last try"),
        );
      }
      return undefined;
    }
  };

  async function isOurs(): Promise<boolean | undefined> {
    const since = console.mark();
    if (prompt !== undefined) {
      const { ask, answer } = framing.next();
      await send(`${ask}\n`);
      const seen = await look({ answer, prompt }, { since, timeout: left(replyMs) });
      if (seen?.which === "answer")
        await look({ prompt }, { since: after(seen.match.end, since), timeout: left(replyMs) });
      return seen === undefined ? undefined : seen.which === "answer";
    }
    await send(`${framing.setUp}\n`);
    const seen = await look({ ready: framing.isSetUp }, { since, timeout: left(replyMs) });
    if (seen === undefined) return undefined;
    const shown = { whole: framing.prompt, broken: new RegExp(interleaved(framing.prompt)) };
    await look(shown, { since: after(seen.match.end, since), timeout: left(replyMs) });
    return true;
  }

  /** What there is to see after a login: nothing yet, its prompt again, or a shell. */
  async function logIn({ user, password }: ShellLogin): Promise<"login" | "shell" | undefined> {
    since = console.mark();
    await send(`${user}\n`);
    const reply = { refused: refusal, ...patterns };
    let seen = await look({ password: passwordPrompt, ...reply }, { since, timeout: left(checkMs) });
    if (seen?.which === "password") {
      if (password === undefined) {
        throw new ShellError("SHELL_LOGIN_FAILED", `the console asks for the password of ${user}, and none was given`);
      }
      since = console.mark();
      await send(`${password}\n`);
      seen = await look(reply, { since, timeout: left(checkMs) });
    }
    if (seen === undefined) return undefined;
    since = after(seen.match.end, since);
    if (seen.which === "shell" || seen.which === "ours") return "shell";
    // What was typed while the system came up may have spoilt the first login.
    if (++refusals === 3) {
      throw new ShellError("SHELL_LOGIN_FAILED", `the console refused the login of ${user} three times`);
    }
    return seen.which === "login" ? "login" : undefined;
  }

  /** What the console shows already. A prompt that somebody has waited for may be of before a power cycle. */
  const shown = console.textSince(undefined).slice(-shownChars);
  const [line = ""] = new RegExp(`(?:[^\\n]*?${kernelLine})*[^\\n]*$`).exec(shown) ?? [];
  let since = console.mark();
  since = after(since.offset - line.length, since);
  let waitMs = nudgeMs;
  let seen: "login" | "shell" | undefined;
  for (;;) {
    const before = console.mark();
    if (seen === undefined) {
      const found = await look(patterns, { since, timeout: left(waitMs) });
      seen = found?.which === "ours" ? "shell" : found?.which;
      since = found === undefined ? since : after(found.match.end, since);
    }
    if (seen === undefined) {
      // Only into silence: a board that is booting may take a key for an order.
      if (console.mark().offset === before.offset) {
        await send(prompt === undefined ? "\n" : "#\n");
        waitMs = Math.max(nudgeMs, silenceMs);
      }
    } else if (seen === "login") {
      if (login === undefined) {
        throw new ShellError(
          "SHELL_LOGIN_FAILED",
          "the console asks for a login, and none was given: shell({ login })",
        );
      }
      seen = await logIn(login);
    } else {
      const exitCodes = await isOurs();
      if (exitCodes !== undefined) return { exitCodes };
      since = console.mark();
      seen = undefined;
    }
  }
}

function after(offset: number, { at }: ConsoleMark): ConsoleMark {
  return { name: "", offset, at };
}
