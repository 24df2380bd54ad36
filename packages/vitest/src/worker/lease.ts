import { JumpstarterError, type Scope } from "@jumpstarter-ts/core";
import { inject, type TestContext } from "vitest";

import type { KnownStates, LentDevice, Need } from "../control.ts";
import type { ProvidedByJumpstarter } from "../provided.ts";
import { startAttempt, type Attempt } from "./attempt.ts";
import { linkToBroker } from "./broker-link.ts";
import { explainFailure, type FailureContext } from "./explain.ts";
import { reportTeardownErrors } from "./state.ts";

/** A device that belongs to one attempt of one test. */
export interface DutLease {
  readonly device: LentDevice;
  /** Aborted when the attempt is over: at its end, at the test's timeout, at Ctrl+C. */
  readonly signal: AbortSignal;
  /** Whose last lines a failure shows. */
  recorders: () => FailureContext["recorders"];
  /** Told of each call of the device that fails: which it was, for what the end of the attempt has cut short. */
  readonly noteFailure: (error: unknown, call: string) => void;
  /** Starts to keep account of the device's states; what is written into the account goes back with the device. */
  readonly track: () => TrackedStates;
}

/** What a test's states write down of its device. */
export interface TrackedStates {
  /** Undefined when nobody knows. */
  state: string | undefined;
  /** Whether a later test can go on in this state. */
  canBeKept: boolean;
  readonly snapshots: Set<string>;
}

/** The attempts of this process that have or wait for a device, by what holds them. */
const active = new Set<Attempt>();

/** Waits for a device. When the scope closes the device goes back, and is safe again before the next test has it. */
export async function takeLease(
  { need, family }: { readonly need: Need; readonly family: string | undefined },
  { task, signal }: Pick<TestContext, "task" | "signal">,
  scope: Scope,
): Promise<DutLease> {
  const provided: ProvidedByJumpstarter | undefined = inject("jumpstarter");
  if (provided === undefined) throw pluginMissing();
  refuseConcurrency(task);
  const link = linkToBroker(provided);
  const attempt = startAttempt(task, signal);
  let tracked: TrackedStates | undefined;
  active.add(attempt);
  scope.defer(() => active.delete(attempt));
  scope.defer(
    async () => {
      const outcome = attempt.hasFailed() ? "failed" : "passed";
      const problems = await link.release(attempt.id, { outcome, states: statesOf(tracked, family) });
      reportTeardownErrors(problems);
    },
    { what: "the return of the device", timeoutMs: provided.timeouts.safeStateMs * 4 + 5_000 },
  );
  scope.defer(() => attempt.end());
  const device = await link.hold({ attempt: attempt.id, test: attempt.test, need, family });
  const cut: string[] = [];
  const lease: DutLease = {
    device,
    signal: attempt.signal,
    recorders: () => [],
    noteFailure(error, call) {
      if (error === attempt.signal.reason) cut.push(call);
    },
    track: () =>
      (tracked ??= { state: device.states?.state, canBeKept: true, snapshots: new Set(device.states?.snapshots) }),
  };
  scope.defer(() => {
    for (const error of attempt.errors()) explainFailure(error, { device, recorders: lease.recorders(), cut });
  });
  return lease;
}

function statesOf(tracked: TrackedStates | undefined, family: string | undefined): KnownStates | undefined {
  if (tracked === undefined || family === undefined) return undefined;
  const { state, canBeKept, snapshots } = tracked;
  return { family, state: canBeKept ? state : undefined, snapshots: [...snapshots] };
}

function refuseConcurrency(task: TestContext["task"]): void {
  const [other] = active;
  if (other === undefined || task.concurrent !== true) return;
  throw new JumpstarterError(
    `"${task.fullTestName}" cannot run while "${other.test}" does: a device serves one test at a time, so remove "concurrent"; files run in parallel where there are several devices`,
    { code: "failed-precondition", reason: "DUT_CONCURRENT" },
  );
}

function pluginMissing(): JumpstarterError {
  return new JumpstarterError(
    `dutTest needs the plugin: add jumpstarter() from "@jumpstarter-ts/vitest/plugin" to the plugins of vitest.config.ts`,
    { code: "failed-precondition", reason: "PLUGIN_MISSING" },
  );
}
