import { enableCompileCache } from "node:module";

import type { UntypedClient } from "@jumpstarter-ts/client";
import type { AnyDefinition, ClientOf } from "@jumpstarter-ts/core";
import { inject, test as base, type TestAPI, type TestContext } from "vitest";

import type { Need } from "./control.ts";
import type { ProvidedByJumpstarter } from "./provided.ts";
import { resource } from "./resource.ts";
import type { Definitions } from "./worker/find-dut.ts";
import type { DutLease } from "./worker/lease.ts";

/**
 * The devices of each exporter by name. The plugin writes `jumpstarter-env.d.ts`, which fills it from the exporter
 * configurations.
 */
// eslint-disable-next-line typescript/no-empty-object-type -- filled by declaration merging
export interface Exporters {}

/** The names that can be asked for; any, until `jumpstarter-env.d.ts` is there. */
export type ExporterName = [keyof Exporters] extends [never] ? string : Extract<keyof Exporters, string>;

/** What a test holds of an exporter. */
export type DutOf<N extends string> = N extends keyof Exporters
  ? Exporters[N]
  : Readonly<Record<string, UntypedClient>>;

/** The clients of a record of definitions. */
export type ClientsOf<D extends Definitions> = { readonly [N in keyof D]: ClientOf<D[N]> };

/** What a test of a device has besides Vitest's own fixtures. */
export interface DutFixtures<Dut> {
  /** The device's clients. They work until the test is over; then they reject. */
  readonly dut: Dut;
  /** Which device it is, and a signal that is aborted when this attempt is over. */
  readonly dutLease: DutLease;
  /** Which states the test knows; `withStates` says it. */
  readonly dutStates: string | undefined;
}

/**
 * A `test` whose `dut` is a device: the exporter of this name, or any that has devices with these names and kinds.
 *
 * ```ts
 * const test = dutTest({ power, console: serial });
 *
 * test("reaches its prompt", async ({ dut: { power, console } }) => {
 *   await power.on();
 *   await expect(console).toEmit("> ");
 * });
 * ```
 *
 * Every attempt has the device for itself; when it is over the device is put into its safe state.
 */
export function dutTest<const N extends ExporterName>(name: N): TestAPI<DutFixtures<DutOf<N>>>;
export function dutTest<D extends Readonly<Record<string, AnyDefinition>>>(
  definitions: D,
): TestAPI<DutFixtures<ClientsOf<D>>>;
export function dutTest(needed: string | Definitions): unknown {
  const need: Need = typeof needed === "string" ? { name: needed } : { children: Object.keys(needed) };
  const definitions = typeof needed === "string" ? undefined : needed;
  const timeouts = timeoutsOf(inject("jumpstarter"));
  return base.extend<DutFixtures<unknown>>({
    dutStates: undefined,
    dutLease: resource(
      "the device (timeouts.lease)",
      async ({ task, signal, dutStates }: TestContext & { dutStates: string | undefined }, scope) => {
        const { takeLease } = await import("./worker/lease.ts");
        enableCompileCache();
        // Loaded while the device is waited for.
        import("./worker/open-dut.ts").catch(() => undefined);
        return await takeLease({ need, family: dutStates }, { task, signal }, scope);
      },
      { setupTimeout: timeouts.leaseMs, cleanUpTimeout: timeouts.cleanUpMs },
    ),
    dut: resource(
      "the clients of the device (timeouts.prepare)",
      async ({ dutLease }: { dutLease: DutLease }, scope) => {
        const { openDut } = await import("./worker/open-dut.ts");
        return await openDut(dutLease, definitions, scope);
      },
      { setupTimeout: timeouts.prepareMs, cleanUpTimeout: timeouts.cleanUpMs },
    ),
  });
}

/** Without the plugin nothing is provided; the first test then says so. */
function timeoutsOf(provided: ProvidedByJumpstarter | undefined): ProvidedByJumpstarter["timeouts"] {
  return (
    provided?.timeouts ?? { leaseMs: 60_000, prepareMs: 60_000, cleanUpMs: 5_000, safeStateMs: 10_000, idleMs: 30_000 }
  );
}
