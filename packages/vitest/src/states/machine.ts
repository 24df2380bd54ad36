import { isJumpstarterError, JumpstarterError, messageOf, parseDuration, within } from "@jumpstarter-ts/core";

import type { TrackedStates } from "../worker/lease.ts";
import type { StateDefinition, States, TransitionContext } from "./define-states.ts";
import { shortestPath } from "./path.ts";
import { createStateSnapshots } from "./snapshots.ts";
import { addWait, StateError } from "./state-error.ts";

export interface MachineOptions<Device, Values> {
  readonly states: States<Device, Values>;
  readonly device: Device;
  /** What is known of the device, kept up to date here. */
  readonly tracked: TrackedStates;
  /** Aborted when the attempt is over. */
  readonly signal: AbortSignal;
  /** Told of each transition, for the evidence. */
  readonly note: (text: string) => void;
}

/** Brings a device from state to state. */
export interface StateMachine extends AsyncDisposable {
  at(target: string): Promise<unknown>;
  fresh(target: string): Promise<unknown>;
}

/** How long a transition whose time is over may take to end. */
const lastWordsMs = 200;

export function createStateMachine<Device, Values>(options: MachineOptions<Device, Values>): StateMachine {
  const { states, device, tracked, signal, note } = options;
  /** What is held of the state that the device is in; undefined when nothing was entered or attached to yet. */
  let held: { readonly value: unknown } | undefined;
  let queue: Promise<unknown> = Promise.resolve();

  function definitionOf(name: string): StateDefinition<Device, string, unknown> {
    const found = states.definitions.get(name);
    if (found !== undefined) return found;
    const names = [...states.definitions.keys()].join(", ");
    throw new JumpstarterError(`there is no state ${JSON.stringify(name)}; there is ${names}`, {
      code: "invalid-argument",
      reason: "STATE_UNKNOWN",
    });
  }

  /** Runs one function of a state's definition, for as long as it may take. */
  async function run<T>(
    what: string,
    work: (device: Device, context: TransitionContext) => T | PromiseLike<T>,
    timeoutMs: number,
  ): Promise<T> {
    signal.throwIfAborted();
    const stop = new AbortController();
    const context = { signal: AbortSignal.any([signal, stop.signal]), from: tracked.state };
    const working = (async () => await work(device, context))();
    try {
      return await within(working, { what, timeoutMs, signal });
    } catch (error) {
      if (!isJumpstarterError(error) || error.reason !== "TIMEOUT") throw error;
      // What waits with the signal ends now, before the next try, and says for what it has waited.
      stop.abort(new DOMException(error.message, "TimeoutError"));
      throw addWait(error, await failureWithin(working, lastWordsMs));
    } finally {
      stop.abort(new Error(`${what} is over`));
    }
  }

  async function leave(): Promise<void> {
    const before = held?.value;
    held = undefined;
    if (!isDisposable(before)) return;
    // The state is left for good, whatever its value has to say about it.
    await Promise.resolve(before[Symbol.asyncDispose]()).catch(() => undefined);
  }

  async function enter(name: string, step: string): Promise<void> {
    const { enter: work, timeout = "60s", attach } = definitionOf(name);
    await leave();
    note(`state ${tracked.state ?? "unknown"} → ${name} (${step})`);
    try {
      const value = await run(`the transition to ${name}`, work, parseDuration(timeout));
      tracked.state = name;
      tracked.canBeKept = attach !== undefined || value === undefined;
      held = { value };
    } catch (error) {
      tracked.state = undefined;
      throw error;
    }
    await snapshots.keep(name, definitionOf(name));
  }

  /** Goes on in a state that the device is in already. */
  async function attach(name: string): Promise<void> {
    const { attach: work, timeout = "60s" } = definitionOf(name);
    tracked.state = undefined;
    const value = work === undefined ? undefined : await run(`the look at ${name}`, work, parseDuration(timeout));
    tracked.state = name;
    tracked.canBeKept = true;
    held = { value };
  }

  const snapshots = createStateSnapshots({ family: states.family, device, tracked, signal, note });

  async function restore(name: string): Promise<boolean> {
    if (!snapshots.has(name)) return false;
    await leave();
    note(`state ${tracked.state ?? "unknown"} → ${name} (snapshot)`);
    tracked.state = undefined;
    return snapshots.restore(name, definitionOf(name), () => attach(name));
  }

  async function detect(): Promise<void> {
    for (const [name, { detect: work, attach: canAttach, timeout = "10s" }] of states.definitions) {
      if (work === undefined) continue;
      const isThere = await run(`the detection of ${name}`, work, parseDuration(timeout)).catch(() => false);
      if (!isThere) continue;
      tracked.state = name;
      tracked.canBeKept = canAttach !== undefined;
      return;
    }
  }

  /** The whole way; a transition that breaks is tried once more from where everything begins. */
  async function travel(target: string, path: readonly string[]): Promise<void> {
    const first = await tryPath(path);
    if (first === undefined) return;
    const again = await tryPath(shortestPath(states.definitions, undefined, target));
    if (again === undefined) return;
    const before =
      again.step === first.step ? "" : `, before at ${first.step} (${messageOf(first.error).split("\n")[0]})`;
    throw new StateError(
      `the device did not reach "${target}", twice: it failed at ${again.step}${before}`,
      again.error,
    );
  }

  async function tryPath(
    path: readonly string[],
  ): Promise<{ readonly step: string; readonly error: unknown } | undefined> {
    for (const [index, name] of path.entries()) {
      const step = `${tracked.state ?? "unknown"} → ${name}`;
      try {
        await enter(name, `${index + 1} of ${path.length}`);
      } catch (error) {
        if (signal.aborted) throw error;
        note(`state unknown: ${step} failed`);
        return { step, error };
      }
    }
    return undefined;
  }

  async function goTo(target: string): Promise<unknown> {
    definitionOf(target);
    if (tracked.state === undefined) await detect();
    if (tracked.state === target) {
      if (held !== undefined) return held.value;
      try {
        await attach(target);
        return held;
      } catch (error) {
        if (signal.aborted) throw error;
        note(`the device is not in state ${target} any more: ${messageOf(error).split("\n")[0]}`);
      }
    }
    await travel(target, shortestPath(states.definitions, tracked.state, target));
    return held;
  }

  async function goFresh(target: string): Promise<unknown> {
    definitionOf(target);
    if (await restore(target)) return held;
    tracked.state = undefined;
    await travel(target, shortestPath(states.definitions, undefined, target));
    return held;
  }

  /** One after another; a value, as the promise of a shell must not be taken for one. */
  const inTurn = async (work: (target: string) => Promise<unknown>, target: string): Promise<unknown> => {
    const result = queue.then(async () => {
      await work(target);
      return held?.value;
    });
    queue = result.catch(() => undefined);
    return await result;
  };

  return {
    at: (target) => inTurn(goTo, target),
    fresh: (target) => inTurn(goFresh, target),
    async [Symbol.asyncDispose]() {
      await leave();
    },
  };
}

/** What work fails with, if it does in this time. */
async function failureWithin(work: Promise<unknown>, timeoutMs: number): Promise<unknown> {
  const failure = work.then(
    () => undefined,
    (error: unknown) => error,
  );
  return within(failure, { what: "its end", timeoutMs }).catch(() => undefined);
}

function isDisposable(value: unknown): value is AsyncDisposable {
  return (typeof value === "object" || typeof value === "function") && value !== null && Symbol.asyncDispose in value;
}
