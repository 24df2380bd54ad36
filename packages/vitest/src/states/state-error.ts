import { ConsoleWaitError, type WaitReport } from "@jumpstarter-ts/console";
import { isJumpstarterError, JumpstarterError, messageOf } from "@jumpstarter-ts/core";

/** A state that was not reached, also not after a new start. Whose fault it is its cause's code says. */
export class StateError extends JumpstarterError {
  /** What the console said, when the transition waited for something on it. */
  readonly wait: WaitReport | undefined;
  /** What kept the device from the state, where a driver or a console says it; a transition's time says nothing. */
  readonly causeReason: string | undefined;
  /** Whether the stack shows where the transition failed; one whose time was over was nowhere in particular. */
  readonly isOfTransition: boolean;

  constructor(summary: string, cause: unknown) {
    const report = reportOf(cause);
    super(`${summary}: ${messageOf(cause)}`, {
      code: isJumpstarterError(cause) ? cause.code : "failed-precondition",
      reason: "STATE_NOT_REACHED",
    });
    this.wait = report === undefined ? undefined : { ...report, summary: `${summary}: ${report.summary}` };
    const isLate = isJumpstarterError(cause) && cause.reason === "TIMEOUT";
    this.causeReason = isJumpstarterError(cause) && !isLate ? cause.reason : undefined;
    this.isOfTransition = cause instanceof Error && cause.stack !== undefined && !isLate;
    if (cause instanceof Error && cause.stack !== undefined) {
      // Where the transition failed is what its author wants to see.
      this.stack = `${this.name}: ${this.message}${cause.stack.slice(cause.stack.indexOf("\n    at "))}`;
    }
  }
}

/** The failure of a transition whose time is over, with that of the wait in it which this has ended. */
export function addWait(late: JumpstarterError, error: unknown): JumpstarterError {
  if (!(error instanceof ConsoleWaitError)) return late;
  const added = new ConsoleWaitError("CONSOLE_NO_MATCH", {
    ...error.wait,
    summary: `${late.message}: ${error.wait.summary}`,
  });
  // Where the transition waited.
  added.stack = error.stack ?? "";
  return added;
}

function reportOf(cause: unknown): WaitReport | undefined {
  if (!isJumpstarterError(cause) || !("wait" in cause)) return undefined;
  // What our errors carry under this name.
  return cause.wait as WaitReport | undefined;
}
