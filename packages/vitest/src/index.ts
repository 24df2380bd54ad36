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
export type { DutLease } from "./worker/lease.ts";
