export type { UntypedClient } from "@jumpstarter-ts/client";
export type { ClientOf } from "@jumpstarter-ts/core";
export {
  dutTest,
  type ClientsOf,
  type DutFixtures,
  type DutOf,
  type ExporterName,
  type Exporters,
} from "./dut-test.ts";
export type { ConsoleMatchers, ToEmitOptions } from "./matchers.ts";
export { resource, type ResourceFixture, type ResourceOptions } from "./resource.ts";
export {
  defineStates,
  type SnapshotDevice,
  type StateDefinition,
  type States,
  type TransitionContext,
} from "./states/define-states.ts";
export { StateError } from "./states/state-error.ts";
export { withStates, type StateFixtures } from "./states/with-states.ts";
export type { DutLease, TrackedStates } from "./worker/lease.ts";
