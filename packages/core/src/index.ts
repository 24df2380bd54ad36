export { bytes, createStreamPair, readAll, type ByteStream } from "./byte-stream.ts";
export type {
  Captures,
  Console,
  ConsoleMark,
  ConsoleMatch,
  ConsolePattern,
  ConsoleWaitOptions,
  ConsoleWaits,
} from "./console.ts";
export {
  contract,
  type AnyContract,
  type ByteStreamName,
  type Children,
  type Contract,
  type ContractOptions,
  type Methods,
  type None,
  type StreamingName,
  type UnaryName,
} from "./contract.ts";
export { abortedError, clock, within, type WithinOptions } from "./deadline.ts";
export {
  defineDriver,
  type AnyDefinition,
  type ClientOf,
  type DefinitionOptions,
  type DriverDefinition,
} from "./definition.ts";
export type {
  CommandInput,
  CommandIo,
  CommandOption,
  CommandOutput,
  CommandParameter,
  DeviceCommand,
  ProgressDisplay,
} from "./device-command.ts";
export {
  errorCodes,
  isJumpstarterError,
  JumpstarterError,
  messageOf,
  type ErrorCode,
  type JumpstarterErrorOptions,
} from "./errors.ts";
export {
  implement,
  openChild,
  serve,
  type CallContext,
  type DriverMethod,
  type DriverMethods,
  type DriverScope,
  type Implementation,
  type OpenChildOptions,
  type ServedDriver,
  type ServeOptions,
} from "./implementation.ts";
export { silentLogger, type Logger } from "./logger.ts";
export {
  argument,
  byteStream,
  sink,
  source,
  streaming,
  unary,
  type Argument,
  type Arguments,
  type ByteStreamMethod,
  type ClientArgument,
  type ClientArguments,
  type DriverArgument,
  type DriverArguments,
  type Method,
  type ResourceArgument,
  type StreamingMethod,
  type UnaryMethod,
  type ValueArgument,
} from "./method.ts";
export type { CallOptions, MethodArguments, Remote, StreamingResult, UnaryResult } from "./remote.ts";
export type { ContentEncoding, Progress, ResourceSink, ResourceSource } from "./resource.ts";
export { describeIssue, validate, type InputOf, type OutputOf, type Schema } from "./schema.ts";
export type { CommandResult, RunOptions, Shell, ShellArgument, ShellLogin, ShellOptions } from "./shell.ts";
export { createScope, type CleanUpOptions, type Scope } from "./scope.ts";
export {
  formatDuration,
  parseCurrent,
  parseDataSize,
  parseDuration,
  parseEnergy,
  parsePower,
  parseVoltage,
  type Current,
  type DataSize,
  type Duration,
  type Energy,
  type Power,
  type Voltage,
} from "./units.ts";
