import { isGroup, UsageError, type Command } from "./command.ts";
import { paint, print, tell, type Io } from "./io.ts";
import { parse, UnknownName } from "./parse.ts";

export interface ProgramOptions {
  /** The exit code of a call that the program does not understand. */
  readonly usageCode: number;
}

/** Runs the command that the words call, and answers with the exit code. Whatever fails is one sentence on stderr. */
export async function runProgram(
  root: Command,
  words: readonly string[],
  io: Io,
  { usageCode }: ProgramOptions,
): Promise<number> {
  try {
    if (words[0] === "__complete") {
      const { printCompletions } = await import("./completion.ts");
      await printCompletions(root, words.slice(1), io);
      return 0;
    }
    const { command, path, wantsHelp, input } = await parse(root, words);
    if (wantsHelp || isGroup(command)) {
      const { formatHelp } = await import("./help.ts");
      if (wantsHelp) print(io, await formatHelp(path, io, io.stdout));
      else tell(io, await formatHelp(path, io, io.stderr));
      return wantsHelp ? 0 : usageCode;
    }
    const code = await command.run?.(input, io);
    return io.signal.aborted && code === undefined ? interruptedCode : (code ?? 0);
  } catch (error) {
    if (io.signal.aborted) return interruptedCode;
    tell(
      io,
      `${paint(io, io.stderr, "red", "Error:")} ${await sentenceOf(error, words.join(" ").includes("--log-level DEBUG"))}`,
    );
    return error instanceof UsageError ? usageCode : 1;
  }
}

/** Of a program that SIGINT or SIGTERM ended. */
export const interruptedCode = 2;

async function sentenceOf(error: unknown, isDebugging: boolean): Promise<string> {
  if (error instanceof UnknownName) {
    const { suggestName } = await import("@jumpstarter-ts/config");
    return `${error.message}; ${suggestName(error.seen, error.known).replaceAll(/"(--?[a-z-]+)"/g, "$1")}`;
  }
  if (error instanceof UsageError) return error.message;
  if (!(error instanceof Error) || error.message === "") return String(error);
  // A sentence of ours is complete; what is beneath it is for those who look for more.
  const cause = error.cause instanceof Error ? error.cause.message : "";
  const isNews = isDebugging || /certificate|\b(?:tls|ssl)\b/i.test(cause);
  return isNews && cause !== "" && !error.message.includes(cause) ? `${error.message} (${cause})` : error.message;
}
