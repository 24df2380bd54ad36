import { isJumpstarterError, JumpstarterError, type ErrorCode } from "@jumpstarter-ts/core";

import { ConsoleWaitError } from "../wait-error.ts";
import { formatWaitReport, type WaitReport } from "../wait-report.ts";

/** Why a shell failed. Stable; the table in the README says what each means. */
export type ShellFailure = keyof typeof codes;

const codes = {
  SHELL_COMMAND_FAILED: "failed-precondition",
  SHELL_TIMEOUT: "deadline-exceeded",
  SHELL_NOT_REACHED: "deadline-exceeded",
  SHELL_LOGIN_FAILED: "failed-precondition",
  SHELL_BROKEN: "failed-precondition",
  SHELL_BAD_COMMAND: "invalid-argument",
  SHELL_NOT_QUIET: "failed-precondition",
} as const satisfies Readonly<Record<string, ErrorCode>>;

export interface ShellErrorDetails {
  /** What the command had written. */
  readonly stdout?: string;
  readonly exitCode?: number | undefined;
  /** What the console said meanwhile. */
  readonly wait?: WaitReport;
  readonly cause?: unknown;
}

/** A command that failed, or a shell that could not be reached or used. */
export class ShellError extends JumpstarterError {
  readonly stdout: string | undefined;
  readonly exitCode: number | undefined;
  /** What the console said meanwhile, as far as something was waited for. */
  readonly wait: WaitReport | undefined;

  constructor(reason: ShellFailure, summary: string, { stdout, exitCode, wait, cause }: ShellErrorDetails = {}) {
    const report = wait === undefined ? undefined : { ...wait, summary };
    super(report === undefined ? summary : formatWaitReport(report), { code: codes[reason], reason, cause });
    this.stdout = stdout;
    this.exitCode = exitCode;
    this.wait = report;
  }
}

/** True for a wait that failed as it was not seen in time; false for a panic, a cancellation and the console's end. */
export function isTooLate(error: unknown): boolean {
  return isJumpstarterError(error) && error.reason === "CONSOLE_NO_MATCH";
}

/** The same failure of a wait, with what was going on before its sentence. */
export function during(what: string, error: unknown): unknown {
  if (!(error instanceof ConsoleWaitError)) return error;
  const reason = waitReasons.find((each) => each === error.reason);
  if (reason === undefined) return error;
  return new ConsoleWaitError(reason, { ...error.wait, summary: `${what}: ${error.wait.summary}` }, error.cause);
}

/** The report of a wait that failed. */
export function waitOf(error: unknown): { readonly wait?: WaitReport } {
  return error instanceof ConsoleWaitError ? { wait: error.wait } : {};
}

const waitReasons = ["CONSOLE_NO_MATCH", "CONSOLE_FAILED_ON", "CONSOLE_ENDED", "CONSOLE_WAIT_CANCELLED"] as const;
