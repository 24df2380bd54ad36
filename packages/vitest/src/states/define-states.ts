import { createHash } from "node:crypto";

import { JumpstarterError, type Duration } from "@jumpstarter-ts/core";

/** What a transition is told. */
export interface TransitionContext {
  /** Aborted when the transition has taken too long, and when the test is over. */
  readonly signal: AbortSignal;
  /** The state that the device comes from; undefined when nobody knows. */
  readonly from: string | undefined;
}

/** What keeps whole-machine snapshots; a client of the `qemu` driver is one. */
export interface SnapshotDevice {
  saveSnapshot(name: string, options?: { readonly signal?: AbortSignal }): Promise<void>;
  /** Continues from there, whether the machine is on or off. */
  loadSnapshot(name: string, options?: { readonly signal?: AbortSignal }): Promise<void>;
}

/** One state of a device: how to get there, and what a test holds of it. */
export interface StateDefinition<Device, Name extends string, Value> {
  /**
   * The states from which `enter` leads here. Absent: from anywhere, also when nobody knows where the device is, as
   * switching off does. At least one state is such.
   */
  readonly from?: Name | readonly Name[];
  /** How long `enter` may take. Default 60 seconds. */
  readonly timeout?: Duration | number;
  /** Brings the device here; what it returns is what `at` gives. */
  readonly enter: (device: Device, context: TransitionContext) => Value | PromiseLike<Value>;
  /**
   * Gives the same for a device that is here already, as an earlier test or a snapshot has left it; throws when it is
   * not. Without it, and where `enter` returns something, every test enters the state anew.
   */
  readonly attach?: (device: Device, context: TransitionContext) => Value | PromiseLike<Value>;
  /** Whether a device of which nobody knows the state is in this one. */
  readonly detect?: (device: Device, context: TransitionContext) => boolean | PromiseLike<boolean>;
  /**
   * Where the device keeps snapshots, if it does: the first arrival in this state is kept, and `fresh` goes back to it
   * in a fraction of a second. A device that cannot (`unsupported`, no such methods, undefined) goes the whole way.
   */
  readonly snapshot?: (device: Device) => object | undefined;
}

/** The states of a kind of device, and how they hang together. */
export interface States<Device, Values> {
  readonly definitions: ReadonlyMap<string, StateDefinition<Device, string, unknown>>;
  /** The same for the same definitions, in whichever process they are read. */
  readonly family: string;
  /** For the types alone; nothing is there. */
  readonly values?: Values;
}

type Definitions<Device, Values> = {
  readonly [N in keyof Values]: StateDefinition<Device, Extract<keyof Values, string>, Values[N]>;
};

/**
 * Describes the states of a device:
 *
 * ```ts
 * const states = defineStates<Exporters["board"]>()({
 *   off: { enter: (d) => d.power.off() },
 *   shell: {
 *     from: "off",
 *     timeout: "90s",
 *     enter: async (d) => {
 *       await d.power.on();
 *       return d.console.shell({ login: { user: "root" } });
 *     },
 *     attach: (d) => d.console.shell({ nudgeAfter: 0, timeout: "5s" }),
 *   },
 * });
 * ```
 *
 * Throws `invalid-argument` (`STATES_INVALID`) when a state cannot be reached.
 */
export function defineStates<Device>() {
  return <Values extends Readonly<Record<string, unknown>>>(
    definitions: Definitions<Device, Values>,
  ): States<Device, Values> => {
    // The types of all values at once are of no use to what goes through the states one by one.
    const entries = Object.entries(definitions) as [string, StateDefinition<Device, string, unknown>][];
    const byName = new Map(entries);
    const roots = entries.filter(([, { from }]) => from === undefined).map(([name]) => name);
    if (roots.length === 0)
      throw invalid("no state can be entered from anywhere: leave `from` out of one, such as off");
    const reached = new Set(roots);
    for (const name of reached) {
      for (const [next, { from }] of entries) if ([from ?? []].flat().includes(name)) reached.add(next);
    }
    const lost = entries.find(([name]) => !reached.has(name));
    if (lost !== undefined) throw invalid(`no way leads to the state ${JSON.stringify(lost[0])}: mend its \`from\``);
    return { definitions: byName, family: familyOf(entries) };
  };
}

function familyOf(entries: readonly (readonly [string, object])[]): string {
  const text = entries.map(([name, definition]) => [
    name,
    ...Object.entries(definition).map(([key, value]) => `${key}=${String(value)}`),
  ]);
  return createHash("sha256").update(JSON.stringify(text)).digest("hex").slice(0, 12);
}

function invalid(sentence: string): JumpstarterError {
  return new JumpstarterError(sentence, { code: "invalid-argument", reason: "STATES_INVALID" });
}
