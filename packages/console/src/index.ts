export type { ConsoleOptions, MatchOf, RecordedMatch, RecorderConsole } from "./console.ts";
export type { NearestMatch } from "./nearest.ts";
export { createRecorder, type Recorder, type RecorderOptions } from "./recorder.ts";
export type { Mark, TimedLine } from "./recording.ts";
export { ConsoleWaitError, type WaitFailure } from "./wait-error.ts";
export { formatWaitReport, type ReportRows, type WaitReport } from "./wait-report.ts";
