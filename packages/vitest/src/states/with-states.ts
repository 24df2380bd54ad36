import type { TestAPI } from "vitest";

import type { DutFixtures } from "../dut-test.ts";
import { resource } from "../resource.ts";
import { addFrames, pointAt } from "../worker/call-site.ts";
import type { DutLease } from "../worker/lease.ts";
import type { States } from "./define-states.ts";
import { createStateMachine } from "./machine.ts";
import { StateError } from "./state-error.ts";

/** What a test of a device with states has besides the device. */
export interface StateFixtures<Values> {
  /**
   * Brings the device into a state by the shortest way and gives what its `enter` returns; at once when it is there
   * already, also since an earlier test.
   */
  readonly at: <N extends keyof Values>(state: N) => Promise<Values[N]>;
  /**
   * The same, of a device that no test has touched since it got there: from a snapshot where the device keeps them, else
   * by the whole way from the beginning.
   */
  readonly fresh: <N extends keyof Values>(state: N) => Promise<Values[N]>;
}

/**
 * Adds `at` and `fresh` to the tests of a device. When a test has passed its device stays in its state for the next one
 * of the same states; after everything else, and at the end, it is put into its safe state.
 */
export function withStates<Device, Values, Fixtures extends DutFixtures<Device>>(
  test: TestAPI<Fixtures>,
  states: States<Device, Values>,
): TestAPI<Fixtures & StateFixtures<Values>> {
  interface Machine {
    readonly machine: ReturnType<typeof createStateMachine<Device, Values>>;
  }
  type Context = DutFixtures<Device> & { readonly states: Machine };
  // What Vitest infers for fixtures that depend on type parameters is of no use; the context is as it is written here.
  const base = test as unknown as TestAPI<DutFixtures<Device>>;
  const extended = base.extend<StateFixtures<Values> & { states: Machine; dutStates: string }>({
    dutStates: states.family,
    states: resource(
      "the states of the device",
      async ({ dut, dutLease }: { dut: Device; dutLease: DutLease }, scope) => {
        const { signal } = dutLease;
        const note = (text: string): void =>
          dutLease.recorders().forEach((recorder) => recorder.isEnded || recorder.note(text));
        const tracked = dutLease.track();
        const machine = scope.use(createStateMachine({ states, device: dut, tracked, signal, note }));
        return { machine };
      },
    ),
    // What is returned is what the definition of this state gave, whose type the name says.
    at: async ({ states: { machine } }: Context, use: (at: never) => Promise<void>) =>
      use(pointingAtCaller(machine.at) as never),
    fresh: async ({ states: { machine } }: Context, use: (fresh: never) => Promise<void>) =>
      use(pointingAtCaller(machine.fresh) as never),
  });
  return extended as unknown as TestAPI<Fixtures & StateFixtures<Values>>;
}

type GoTo = (state: string) => Promise<unknown>;

/**
 * Failures that show the line of the test which asked for the state: after the line of the transition that threw, or
 * alone where nothing of the author's was running, as at the end of a transition's time.
 */
function pointingAtCaller(goTo: GoTo): GoTo {
  const pointing: GoTo = async (state) => {
    const site: { stack?: string } = {};
    Error.captureStackTrace(site, pointing);
    try {
      return await goTo(state);
    } catch (error) {
      if (error instanceof StateError && error.isOfTransition) addFrames(error, site);
      else pointAt(error, site);
      throw error;
    }
  };
  return pointing;
}
