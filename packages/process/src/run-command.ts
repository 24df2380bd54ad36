import type { Readable } from "node:stream";

import { clock, JumpstarterError, messageOf, type Logger } from "@jumpstarter-ts/core";

import { drained } from "./drained.ts";
import { startFailure } from "./start-failure.ts";
import { startProcess } from "./start-process.ts";

export interface RunCommandOptions {
  /** Kills the program when it is aborted. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds the program may take before it is killed. */
  readonly timeoutMs: number;
  /** The directory in which it runs. */
  readonly cwd: string;
  /** Is told the command, at level info. */
  readonly log: Logger;
  /** What the reasons of errors start with: `POWER_COMMAND`. */
  readonly reasonPrefix: string;
  /** The Debian package that brings the program, for the error of a program that is not installed. */
  readonly debianPackage?: string;
  /** What it means that the program ended with an error; `undefined` leaves it to `…_FAILED`. */
  readonly explain?: (failure: ProgramFailure) => JumpstarterError | undefined;
}

/** A program that ended with an error. */
export interface ProgramFailure {
  readonly stdout: string;
  readonly stderr: string;
  /** Its exit code, or the signal that ended it. */
  readonly end: string | number;
}

/** Output beyond this ends the program. */
const largestOutputBytes = 1024 ** 2;

/**
 * Runs a program to its end and gives what it printed on standard output. No shell is involved, and no program is left
 * running: it has ended when this settles. Throws, each with the prefix of its reason: `…_MISSING`
 * (`failed-precondition`) if it is not installed, `…_FAILED` (`unavailable`) with its last words if it ended with an
 * error or cannot be started, `…_HUNG` (`deadline-exceeded`) if it took longer than `timeoutMs`, `…_STOPPED`
 * (`cancelled`) if the signal was aborted.
 */
export async function runCommand(argv: readonly string[], options: RunCommandOptions): Promise<string> {
  const { signal, timeoutMs, cwd, log, reasonPrefix, explain } = options;
  const text = argv.join(" ");
  log.info(text);
  const stopped = (): JumpstarterError =>
    new JumpstarterError(`${text} was stopped`, {
      code: "cancelled",
      reason: `${reasonPrefix}_STOPPED`,
      cause: signal?.reason,
    });
  const isAborted = (): boolean => signal?.aborted === true;
  if (isAborted()) throw stopped();
  const process = await startProcess(argv, { cwd }).catch((cause: unknown) => {
    throw notStarted(argv[0] ?? "", cause, options);
  });
  let cut: JumpstarterError | undefined;
  const kill = (why: JumpstarterError): void => {
    if (process.hasExited()) return;
    cut ??= why;
    void process.stop({ graceMs: 0 });
  };
  const onAbort = (): void => kill(stopped());
  const timer = clock.setTimeout(() => {
    const sentence = `${text} did not finish within ${timeoutMs} ms and was killed`;
    kill(new JumpstarterError(sentence, { code: "deadline-exceeded", reason: `${reasonPrefix}_HUNG` }));
  }, timeoutMs);
  const onFull = (): void => {
    const sentence = `${text} printed more than ${largestOutputBytes} bytes and was killed`;
    kill(new JumpstarterError(sentence, { code: "unavailable", reason: `${reasonPrefix}_FAILED` }));
  };
  const [stdout, stderr] = [collect(process.stdout, onFull), collect(process.stderr, onFull)];
  signal?.addEventListener("abort", onAbort, { once: true });
  if (isAborted()) onAbort();
  try {
    const { code, signal: killer } = await process.exited;
    await drained([process.stdout, process.stderr]);
    if (cut !== undefined) throw cut;
    if (code === 0) return stdout();
    const end = killer ?? code ?? "an error";
    const explained = explain?.({ stdout: stdout(), stderr: stderr(), end });
    const words = stderr().trim() === "" ? "said nothing" : `said ${JSON.stringify(stderr().trim().slice(-300))}`;
    const sentence = `${text} ended with ${end} and ${words}`;
    throw explained ?? new JumpstarterError(sentence, { code: "unavailable", reason: `${reasonPrefix}_FAILED` });
  } finally {
    clock.clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
  }
}

/** What comes, up to the limit. */
function collect(stream: Readable, onFull: () => void): () => string {
  const chunks: Buffer[] = [];
  let bytes = 0;
  stream
    .on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > largestOutputBytes) onFull();
      else chunks.push(chunk);
    })
    .on("error", () => undefined);
  return () => Buffer.concat(chunks).toString();
}

function notStarted(
  program: string,
  cause: unknown,
  { reasonPrefix, debianPackage }: RunCommandOptions,
): JumpstarterError {
  if (startFailure(cause) !== "missing") {
    const sentence = `${program} cannot be started: ${messageOf(cause)}`;
    return new JumpstarterError(sentence, { code: "unavailable", reason: `${reasonPrefix}_FAILED`, cause });
  }
  const how = debianPackage === undefined ? "install it" : `install it with "apt-get install ${debianPackage}"`;
  const sentence = `there is no program ${program}: ${how}, or correct the path`;
  return new JumpstarterError(sentence, { code: "failed-precondition", reason: `${reasonPrefix}_MISSING`, cause });
}
