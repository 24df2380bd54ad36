import { constants } from "node:os";

import {
  abortedError,
  clock,
  formatDuration,
  JumpstarterError,
  messageOf,
  type Logger,
  type Scope,
} from "@jumpstarter-ts/core";
import { startFailure, startProcess, type ProcessEnd } from "@jumpstarter-ts/process";

import { outputOf } from "./script-output.ts";

export interface ScriptOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Names it in errors and to whoever reads its output. */
  readonly what: string;
  readonly timeoutMs: number;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** Ends it too. */
  readonly scope: Scope;
  /** Told of what would not end. */
  readonly log: Logger;
}

/** The exit code of a script that took too long. */
const timeoutExitCode = 199;
/** A little more than a group takes that does not want to end. */
const endMs = 7_000;
/** For the last words of a script whose time is up. */
const lastWordsMs = 1_000;

/** Runs a program and gives what it says, as it says it; the last item has its exit code. */
export async function* runScript(
  argv: readonly [string, ...string[]],
  { what, timeoutMs, signal, scope, log, ...options }: ScriptOptions,
): AsyncGenerator<[stdout: string, stderr: string, code: number | null]> {
  signal.throwIfAborted();
  const running = scope.child(what);
  const group = await startProcess(argv, options).catch((cause: unknown) => {
    throw startError(argv[0], cause);
  });
  running.defer(() => group.stop(), { what: "the end of its processes", timeoutMs: endMs });
  const output = outputOf(group);
  let isTimeUp = false;
  let isCutAt = Infinity;
  const timer = clock.setTimeout(() => {
    isTimeUp = true;
    void group.stop().then(() => (isCutAt = clock.now() + lastWordsMs));
  }, timeoutMs);
  const onAbort = (): void => output.wake();
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    do {
      if (signal.aborted) throw abortedError(what, signal.reason);
      const [stdout, stderr] = output.take();
      if (stdout !== "" || stderr !== "") yield [stdout, stderr, null];
    } while (clock.now() < isCutAt && (await output.more()));
    if (isTimeUp)
      yield ["", `\n${what} took longer than ${formatDuration(timeoutMs)} and was ended\n`, timeoutExitCode];
    else yield ["", "", exitCodeOf(await group.exited)];
  } finally {
    clock.clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
    const failures = await running.close();
    group.stdout.destroy();
    group.stderr.destroy();
    for (const failure of failures) log.warning(messageOf(failure));
  }
}

/** Or minus the number of the signal that ended it, as Python says it. */
function exitCodeOf({ code, signal }: ProcessEnd): number {
  return code ?? -(signal === null ? 0 : constants.signals[signal]);
}

function startError(program: string, cause: unknown): JumpstarterError {
  const failure = startFailure(cause);
  if (failure === "missing") {
    return new JumpstarterError(`${program} is not installed on the exporter: install it, or change "shell"`, {
      code: "failed-precondition",
      reason: "SHELL_NOT_INSTALLED",
      cause,
    });
  }
  if (failure === "arguments-too-long") {
    return new JumpstarterError("the arguments and variables are longer than the exporter's system allows", {
      code: "invalid-argument",
      reason: "SHELL_ARGUMENTS_TOO_LONG",
      cause,
    });
  }
  return new JumpstarterError(`${program} cannot be started on the exporter: ${messageOf(cause)}`, {
    code: "unavailable",
    reason: "SHELL_NOT_STARTED",
    cause,
  });
}
