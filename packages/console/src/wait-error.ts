import { JumpstarterError, type ErrorCode } from "@jumpstarter-ts/core";

import { formatWaitReport, type WaitReport } from "./wait-report.ts";

/** Why a wait failed. Stable; the table in the README says what each means. */
export type WaitFailure = keyof typeof codes;

const codes = {
  CONSOLE_NO_MATCH: "deadline-exceeded",
  CONSOLE_FAILED_ON: "failed-precondition",
  CONSOLE_UNWANTED_MATCH: "failed-precondition",
  CONSOLE_NOT_SILENT: "failed-precondition",
  CONSOLE_ENDED: "unavailable",
  CONSOLE_WAIT_CANCELLED: "cancelled",
} as const satisfies Readonly<Record<string, ErrorCode>>;

/**
 * A wait on a console that failed. The message is complete by itself: what was waited for, since when, how much was
 * seen, the nearest match, the last lines, what the power did. `wait` holds the same as data, for reporters.
 */
export class ConsoleWaitError extends JumpstarterError {
  readonly wait: WaitReport;

  constructor(reason: WaitFailure, wait: WaitReport, cause?: unknown) {
    super(formatWaitReport(wait), { code: codes[reason], reason, cause });
    this.wait = wait;
  }
}
