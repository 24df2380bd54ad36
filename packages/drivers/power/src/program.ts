import { execFile, type ExecFileException } from "node:child_process";

import { JumpstarterError, type Logger } from "@jumpstarter-ts/core";

export interface RunCommandOptions {
  /** Kills the program when it is aborted. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds the program may take before it is killed. */
  readonly timeoutMs: number;
  /** The directory in which it runs. */
  readonly cwd: string;
  /** Is told the command, at level info. */
  readonly log: Logger;
  /** What the reasons of errors start with. Default `POWER_COMMAND`. */
  readonly reasonPrefix?: string;
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
  /** For the error's `cause`. */
  readonly cause: Error;
}

/** Output beyond this ends the program. */
const largestOutputBytes = 1024 ** 2;

/**
 * Runs a program to its end and gives what it printed on standard output. No shell is involved, and no program is left
 * running: it has ended when this settles. Throws, each with the prefix of its reason: `…_MISSING`
 * (`failed-precondition`) if it is not installed, `…_FAILED` (`unavailable`) with its last words if it ended with an
 * error, `…_HUNG` (`deadline-exceeded`) if it took longer than `timeoutMs`, `…_STOPPED` (`cancelled`) if the signal was
 * aborted.
 */
export async function runCommand(argv: readonly string[], options: RunCommandOptions): Promise<string> {
  const { signal, timeoutMs, cwd, log } = options;
  const [program = "", ...args] = argv;
  log.info(argv.join(" "));
  const ended = Promise.withResolvers<void>();
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const child = execFile(
    program,
    args,
    { cwd, signal, timeout: timeoutMs, killSignal: "SIGKILL", maxBuffer: largestOutputBytes },
    (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(commandFailed(argv, { error, stdout, stderr, ...options }));
    },
  );
  // An aborted program is reported before it is gone; one that could not be started has no process id.
  child.once("exit", () => ended.resolve());
  if (child.pid === undefined) ended.resolve();
  try {
    return await promise;
  } finally {
    await ended.promise;
  }
}

interface Failed extends RunCommandOptions {
  readonly error: ExecFileException;
  readonly stdout: string;
  readonly stderr: string;
}

function commandFailed(
  argv: readonly string[],
  { error, stdout, stderr, timeoutMs, reasonPrefix = "POWER_COMMAND", debianPackage, explain }: Failed,
): JumpstarterError {
  const program = argv[0] ?? "";
  const text = argv.join(" ");
  if (error.name === "AbortError") {
    return new JumpstarterError(`${text} was stopped`, {
      code: "cancelled",
      reason: `${reasonPrefix}_STOPPED`,
      cause: error,
    });
  }
  if (error.code === "ENOENT") {
    const how = debianPackage === undefined ? "install it" : `install it with "apt-get install ${debianPackage}"`;
    return new JumpstarterError(`there is no program ${program}: ${how}, or correct the path`, {
      code: "failed-precondition",
      reason: `${reasonPrefix}_MISSING`,
      cause: error,
    });
  }
  if (error.killed) {
    return new JumpstarterError(`${text} did not finish within ${timeoutMs} ms and was killed`, {
      code: "deadline-exceeded",
      reason: `${reasonPrefix}_HUNG`,
      cause: error,
    });
  }
  const end = error.code ?? error.signal ?? "an error";
  const explained = explain?.({ stdout, stderr, end, cause: error });
  if (explained !== undefined) return explained;
  const said = stderr.trim() === "" ? "said nothing" : `said ${JSON.stringify(stderr.trim().slice(-300))}`;
  return new JumpstarterError(`${text} ended with ${end} and ${said}`, {
    code: "unavailable",
    reason: `${reasonPrefix}_FAILED`,
    cause: error,
  });
}
