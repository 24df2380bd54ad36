import type { JumpstarterError } from "@jumpstarter-ts/core";

/** What one worker process keeps from test file to test file. */
interface WorkerState {
  /** What went wrong in clean-ups since the last test was judged. */
  readonly teardownErrors: JumpstarterError[];
  /** Values by a key of their maker's: connections that outlive a file. */
  readonly kept: Map<string, unknown>;
}

const key = Symbol.for("@jumpstarter-ts/vitest/worker");

/** One per process, also when this module is loaded twice: by Node and by Vitest's module runner. */
const state: WorkerState = ((globalThis as { [key]?: WorkerState })[key] ??= { teardownErrors: [], kept: new Map() });

export function reportTeardownErrors(errors: readonly JumpstarterError[]): void {
  state.teardownErrors.push(...errors);
}

/** Hands over the errors that were reported since the last call. */
export function takeTeardownErrors(): readonly JumpstarterError[] {
  return state.teardownErrors.splice(0);
}

/** The value that `make` made at the first call with this name in this process. */
export function keepInProcess<T>(name: string, make: () => T): T {
  if (!state.kept.has(name)) state.kept.set(name, make());
  // Every name has one maker.
  return state.kept.get(name) as T;
}
