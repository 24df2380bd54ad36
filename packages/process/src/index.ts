export { descendantsOf } from "./descendants.ts";
export { guardDirectory } from "./guard.ts";
export { runCommand, type ProgramFailure, type RunCommandOptions } from "./run-command.ts";
export { startFailure } from "./start-failure.ts";
export {
  startProcess,
  type GuardedProcess,
  type ProcessEnd,
  type StartOptions,
  type StopOptions,
} from "./start-process.ts";
export { endOf, startService, type Service, type ServiceOptions } from "./start-service.ts";
