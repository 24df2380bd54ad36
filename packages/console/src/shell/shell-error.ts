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
  const { summary, patterns } = error.wait;
  const report = withoutFraming(error.wait, "the command");
  const said = summary.replace(patterns.join(" or "), () => "its end");
  return new ConsoleWaitError(reason, { ...report, summary: `${what}: ${said}` }, error.cause);
}

/** The report of a wait that failed, and what it looked from. */
export function waitOf(error: unknown, since: string): { readonly wait?: WaitReport } {
  return error instanceof ConsoleWaitError ? { wait: withoutFraming(error.wait, since) } : {};
}

/** What the shell itself looks for says nothing to the author of a test. */
function withoutFraming(report: WaitReport, since: string): WaitReport {
  return {
    ...report,
    patterns: [],
    since: { ...report.since, label: since },
    nearest: [],
    lastLines: report.lastLines.map((line) => ({ ...line, isNearest: false })),
  };
}

const waitReasons = ["CONSOLE_NO_MATCH", "CONSOLE_FAILED_ON", "CONSOLE_ENDED", "CONSOLE_WAIT_CANCELLED"] as const;
