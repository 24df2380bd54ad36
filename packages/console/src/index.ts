export type { ConsoleOptions, MatchOf, RecordedMatch, RecorderConsole } from "./console.ts";
export type { NearestMatch } from "./nearest.ts";
export { createRecorder, type Recorder, type RecorderOptions } from "./recorder.ts";
export type { Mark, TimedLine } from "./recording.ts";
export { openShell, type ShellConsole } from "./shell/shell.ts";
export { ShellError, type ShellErrorDetails, type ShellFailure } from "./shell/shell-error.ts";
export { ConsoleWaitError, type WaitFailure } from "./wait-error.ts";
export { formatWaitReport, type ReportRows, type WaitReport } from "./wait-report.ts";
