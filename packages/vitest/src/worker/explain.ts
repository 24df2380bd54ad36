import { formatWaitReport, type Recorder, type WaitReport } from "@jumpstarter-ts/console";
import { errorCodes, type ErrorCode } from "@jumpstarter-ts/core";

import type { LentDevice } from "../control.ts";

/** Whose fault a failure is: the bench's, the device's, or the test's. */
export type FailureClass = "InfraError" | "DutError" | "TestError";

/** What the caller of an error's code can do says whose it is. */
export function classify({ code, reason }: { readonly code: ErrorCode; readonly reason: string }): FailureClass {
  if (code === "failed-precondition" && benchReason.test(reason)) return "InfraError";
  const isOfDevice = /^(?:CONSOLE|SHELL|STATE|UBOOT)_/.test(reason);
  if (isOfDevice && (code === "deadline-exceeded" || code === "failed-precondition")) return "DutError";
  return classOfCode[code];
}

/** What the exporter's machine lacks: a program, a file of its configuration, a key that it can read. */
const benchReason = /^(?!PLUGIN_).*_(?:MISSING|NOT_INSTALLED|UNREADABLE|START_FAILED)$/;

const classOfCode: Readonly<Record<ErrorCode, FailureClass>> = {
  unavailable: "InfraError",
  "deadline-exceeded": "InfraError",
  "permission-denied": "InfraError",
  internal: "InfraError",
  "failed-precondition": "TestError",
  "invalid-argument": "TestError",
  "not-found": "TestError",
  unsupported: "TestError",
  cancelled: "TestError",
};

const meanings: Readonly<Record<FailureClass, string>> = {
  InfraError: "the bench did not do its part",
  DutError: "the device did not do what the test waited for",
  TestError: "the test asked for what cannot be done",
};

/** An error as Vitest keeps it for its reporters: a plain copy of what was thrown. */
export interface KeptError {
  message: string;
  stack?: string | undefined;
  readonly code?: unknown;
  readonly reason?: unknown;
  readonly wait?: unknown;
  /** Of what kept a device from a state. */
  readonly causeReason?: unknown;
}

export interface FailureContext {
  readonly device: LentDevice;
  readonly recorders: readonly Recorder[];
  /** The calls of the device that the end of the attempt has cut short. */
  readonly cut?: readonly string[];
}

/**
 * Completes the text of an error, as reporters show nothing else: which device, what its consoles said last, and whose
 * fault it is.
 */
export function explainFailure(error: KeptError, { device, recorders, cut = [] }: FailureContext): void {
  const { wait } = error;
  const above = [["DUT", `${device.name} (${device.description})`]] as const;
  const text = isWait(wait)
    ? formatWaitReport(wait, { above })
    : [error.message, ...waitingIn(error, cut), ...above.map(row), ...recorders.flatMap(tailOf)].join("\n");
  const { code } = error;
  const reason = error.causeReason ?? error.reason;
  const known = errorCodes.find((candidate) => candidate === code);
  const fault = known === undefined || typeof reason !== "string" ? undefined : classify({ code: known, reason });
  rewrite(error, fault === undefined ? text : `${text}\n${row(["Class", `${fault}: ${meanings[fault]}`])}`);
}

/** What a test was doing when its time was over, which Vitest does not know. */
function waitingIn({ message }: KeptError, cut: readonly string[]): readonly string[] {
  if (cut.length === 0 || !message.startsWith("Test timed out in ")) return [];
  return [row(["Waiting", `in ${cut.join(", ")}`])];
}

/** The stack repeats the message; both are shown, by different reporters. */
function rewrite(error: KeptError, message: string): void {
  if (error.stack?.includes(error.message) === true) error.stack = error.stack.replace(error.message, () => message);
  error.message = message;
}

const shownLines = 10;

function tailOf(recorder: Recorder): readonly string[] {
  const lines = recorder.tail(shownLines);
  return lines.length === 0 ? [] : [`  Last lines of ${recorder.name}`, ...lines.map(({ text }) => `    ${text}`)];
}

function row([label, text]: readonly [label: string, text: string]): string {
  return `  ${label.padEnd(9)} ${text}`;
}

function isWait(value: unknown): value is WaitReport {
  return typeof value === "object" && value !== null && "summary" in value && "lastLines" in value;
}
