import { clock, messageOf } from "@jumpstarter-ts/core";
import type { ExporterStatus } from "@jumpstarter-ts/protocol";

import {
  newLease,
  stepLease,
  type HookName,
  type HookResult,
  type LeaseEffect,
  type LeaseEvent,
  type LeaseRules,
} from "./lease-machine.ts";

export interface LeaseRunnerOptions {
  readonly rules: LeaseRules;
  /** Runs a hook to its end; ends it early when the signal is aborted. */
  readonly runHook: (hook: HookName, signal: AbortSignal) => Promise<HookResult>;
  /** Tells clients, and the lab where there is one. */
  readonly report: (status: ExporterStatus, message: string) => void;
  /** Gives the lease back to the lab, which then tells `leaseEnded()`. Not called without a lab. */
  readonly release?: () => void;
  /** So long clients may look at the last status before the lease goes. Default 1000. */
  readonly releaseAfterMs?: number;
}

/** One lease on its way through its hooks. */
export interface LeaseRunner {
  /** The lease is there, and clients may connect: the status tells them when they may call. */
  begin(): void;
  clientSeen(): void;
  endSession(): void;
  leaseEnded(): void;
  /** Cleans up, and ends. */
  stop(): void;
  /** Ends as fast as processes can be ended. */
  hurry(): void;
  /** Never rejects. */
  readonly ended: Promise<LeaseEnd>;
}

export interface LeaseEnd {
  /** 1 where a hook has asked for the exporter's end. */
  readonly exitCode: 0 | 1;
  /** The exporter is to end too. */
  readonly isStopping: boolean;
}

/** Does what the machine of a lease says, one event after the other. */
export function createLeaseRunner(options: LeaseRunnerOptions): LeaseRunner {
  const { rules, runHook, report, release, releaseAfterMs = 1_000 } = options;
  const { promise: ended, resolve } = Promise.withResolvers<LeaseEnd>();
  let state = newLease;
  let cut = new AbortController();
  let releasing: ReturnType<typeof clock.setTimeout> | undefined;

  const step = (event: LeaseEvent): void => {
    const next = stepLease(state, event, rules);
    ({ state } = next);
    for (const effect of next.effects) perform(effect);
  };

  const run = async (hook: HookName): Promise<void> => {
    cut = new AbortController();
    step({ kind: "hook-done", hook, result: await settled(runHook(hook, cut.signal)) });
  };

  const perform = (effect: LeaseEffect): void => {
    switch (effect.kind) {
      case "report":
        return report(effect.status, effect.message);
      case "run":
        return void run(effect.hook);
      case "cut":
        return cut.abort();
      case "release":
        releasing = clock.setTimeout(() => release?.(), releaseAfterMs);
        return undefined;
      case "finish":
        clock.clearTimeout(releasing);
        return resolve({ exitCode: effect.exitCode, isStopping: effect.isStopping });
    }
  };

  return {
    begin: () => step({ kind: "begin" }),
    clientSeen: () => step({ kind: "client-seen" }),
    endSession: () => step({ kind: "end-session" }),
    leaseEnded: () => step({ kind: "lease-ended" }),
    stop: () => step({ kind: "stop" }),
    hurry: () => step({ kind: "hurry" }),
    ended,
  };
}

async function settled(result: Promise<HookResult>): Promise<HookResult> {
  try {
    return await result;
  } catch (error) {
    return { end: "broken", detail: messageOf(error) };
  }
}
