import { abortedError, clock, formatDuration, messageOf, type Logger, type Scope } from "@jumpstarter-ts/core";

import { outputOf } from "./group-output.ts";
import { startGroup, type GroupOptions } from "./process-group.ts";

export interface ScriptOptions extends GroupOptions {
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
  const group = await startGroup(argv, options);
  running.defer(() => group.end(), { what: "the end of its processes", timeoutMs: endMs });
  const output = outputOf(group);
  let isTimeUp = false;
  let isCutAt = Infinity;
  const timer = clock.setTimeout(() => {
    isTimeUp = true;
    void group.end().then(() => (isCutAt = clock.now() + lastWordsMs));
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
    else yield ["", "", await group.exited];
  } finally {
    clock.clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
    const failures = await running.close();
    group.stdout.destroy();
    group.stderr.destroy();
    for (const failure of failures) log.warning(messageOf(failure));
  }
}
