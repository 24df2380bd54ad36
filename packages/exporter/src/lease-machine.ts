import { ExporterStatus } from "@jumpstarter-ts/protocol";

/** What a lease goes through on an exporter, as a table of facts: nothing here waits, runs or sends. */
export type HookName = "beforeLease" | "afterLease";
export type OnFailure = "warn" | "endLease" | "exit";

export interface LeaseRules {
  /** What each hook's failure means; absent for one that is not configured. */
  readonly onFailure: Readonly<Record<HookName, OnFailure | undefined>>;
  /** No lab: nobody ends the lease but the client or the exporter, and there is nothing to give back. */
  readonly isStandalone: boolean;
}

export type LeaseEvent =
  | { readonly kind: "begin" }
  /** The lab has named the client: the after hook has somebody to clean up after. */
  | { readonly kind: "client-seen" }
  | { readonly kind: "hook-done"; readonly hook: HookName; readonly result: HookResult }
  /** The client says that it is done. */
  | { readonly kind: "end-session" }
  /** The lab says that the lease is over. */
  | { readonly kind: "lease-ended" }
  /** The exporter is to shut down, after cleaning up. */
  | { readonly kind: "stop" }
  /** The exporter is to shut down without any further ado. */
  | { readonly kind: "hurry" };

/** `stopped`: by us. `broken`: the hook could not be judged at all. */
export type HookResult =
  { readonly end: "ok" | "stopped" } | { readonly end: "failed" | "broken"; readonly detail: string };

export type LeaseEffect =
  | { readonly kind: "report"; readonly status: ExporterStatus; readonly message: string }
  | { readonly kind: "run"; readonly hook: HookName }
  /** Ends the hook that runs; its `hook-done` still comes. */
  | { readonly kind: "cut" }
  /** Gives the lease back to the lab, a moment after the client could see the status. */
  | { readonly kind: "release" }
  /** The last one. */
  | { readonly kind: "finish"; readonly exitCode: 0 | 1; readonly isStopping: boolean };

export interface LeaseState {
  readonly phase: "new" | "before" | "ready" | "after" | "over" | "finished";
  /** What this lease's status is now. */
  readonly status: ExporterStatus;
  readonly isClientSeen: boolean;
  readonly isLeaseEnded: boolean;
  readonly isEndAsked: boolean;
  readonly isStopping: boolean;
  readonly isHurrying: boolean;
  readonly exitCode: 0 | 1;
}

export const newLease: LeaseState = {
  phase: "new",
  status: ExporterStatus.EXPORTER_STATUS_AVAILABLE,
  isClientSeen: false,
  isLeaseEnded: false,
  isEndAsked: false,
  isStopping: false,
  isHurrying: false,
  exitCode: 0,
};

export interface LeaseStep {
  readonly state: LeaseState;
  readonly effects: readonly LeaseEffect[];
}

/** One step of the machine. Events that mean nothing in a state change nothing. */
export function stepLease(state: LeaseState, event: LeaseEvent, rules: LeaseRules): LeaseStep {
  const next = noted(state, event);
  const { kind } = event;
  if (kind === "begin") return state.phase === "new" ? begin(next, rules) : { state: next, effects: [] };
  if (kind === "client-seen") return { state: next, effects: [] };
  if (kind !== "hook-done") return ended(next, rules);
  return isRunning(state, event.hook) ? hookDone(next, event.result, rules) : { state: next, effects: [] };
}

function noted(state: LeaseState, { kind }: LeaseEvent): LeaseState {
  return {
    ...state,
    isClientSeen: state.isClientSeen || kind === "client-seen",
    isEndAsked: state.isEndAsked || kind === "end-session",
    isLeaseEnded: state.isLeaseEnded || kind === "lease-ended",
    isStopping: state.isStopping || kind === "stop" || kind === "hurry",
    isHurrying: state.isHurrying || kind === "hurry",
  };
}

function isRunning({ phase }: LeaseState, hook: HookName): boolean {
  return phase === (hook === "beforeLease" ? "before" : "after");
}

const {
  EXPORTER_STATUS_AVAILABLE: available,
  EXPORTER_STATUS_OFFLINE: offline,
  EXPORTER_STATUS_BEFORE_LEASE_HOOK: beforeHook,
  EXPORTER_STATUS_BEFORE_LEASE_HOOK_FAILED: beforeHookFailed,
  EXPORTER_STATUS_LEASE_READY: leaseReady,
  EXPORTER_STATUS_AFTER_LEASE_HOOK: afterHook,
  EXPORTER_STATUS_AFTER_LEASE_HOOK_FAILED: afterHookFailed,
} = ExporterStatus;

/** Part of the wire: clients look for it at the start of a status message. */
const warning = "[HOOK_WARNING] ";

function begin(state: LeaseState, rules: LeaseRules): LeaseStep {
  // Over before it began: there is nothing to clean up.
  if (isOver(state)) return free(state, rules);
  if (rules.onFailure.beforeLease === undefined) return ready(state);
  return {
    state: { ...state, phase: "before", status: beforeHook },
    effects: [report(beforeHook, "Running beforeLease hook"), { kind: "run", hook: "beforeLease" }],
  };
}

function ready(state: LeaseState, message = "Ready for commands"): LeaseStep {
  return { state: { ...state, phase: "ready", status: leaseReady }, effects: [report(leaseReady, message)] };
}

function isOver({ isLeaseEnded, isEndAsked, isStopping }: LeaseState): boolean {
  return isLeaseEnded || isEndAsked || isStopping;
}

function hookDone(state: LeaseState, result: HookResult, rules: LeaseRules): LeaseStep {
  const hook = state.phase === "before" ? "beforeLease" : "afterLease";
  const hasFailed = result.end === "failed" || result.end === "broken";
  const onFailure = rules.onFailure[hook] ?? "warn";
  if (hasFailed && (result.end === "broken" || onFailure !== "warn")) {
    return failed(state, { hook, result, onFailure, rules });
  }
  const note = hasFailed ? `${warning}${sentence(hook, result.detail)}` : undefined;
  if (hook === "afterLease") return free(state, rules, note);
  // What the hook has prepared is cleaned up, also when nobody waits for it any more.
  return isOver(state) ? cleanUp(state, rules) : ready(state, note);
}

interface Failure {
  readonly hook: HookName;
  readonly result: { readonly end: "failed" | "broken"; readonly detail: string };
  readonly onFailure: OnFailure;
  readonly rules: LeaseRules;
}

function failed(state: LeaseState, { hook, result, onFailure, rules }: Failure): LeaseStep {
  const status = hook === "beforeLease" ? beforeHookFailed : afterHookFailed;
  const message = sentence(hook, result.detail);
  const effects = [report(status, message)];
  const isExit = result.end === "failed" && onFailure === "exit";
  const over: LeaseState = { ...state, phase: "over", status, exitCode: isExit ? 1 : state.exitCode };
  if (isExit) {
    const off: LeaseState = { ...over, status: offline };
    const step = { state: off, effects: [...effects, report(offline, message)] };
    // Before a lease the client is still to see why; after one there is nobody to wait for.
    return hook === "afterLease" || rules.isStandalone || isOver(off) ? finish(step) : step;
  }
  const step = { state: over, effects };
  if (isGone(over, rules)) return leave(step, rules);
  const isLeftInPlace = result.end === "broken" && hook === "beforeLease";
  return isLeftInPlace ? step : { state: over, effects: [...effects, { kind: "release" }] };
}

/** The lease or the exporter is to end. */
function ended(state: LeaseState, rules: LeaseRules): LeaseStep {
  const { phase } = state;
  if (phase === "ready") return cleanUp(state, rules);
  if (phase === "before" || phase === "after") {
    const isCut = state.isHurrying || (phase === "before" && state.isStopping);
    return { state, effects: isCut ? [{ kind: "cut" }] : [] };
  }
  const isLeft = phase === "over" && (isGone(state, rules) || state.exitCode === 1);
  return isLeft ? leave({ state, effects: [] }, rules) : { state, effects: [] };
}

function cleanUp(state: LeaseState, rules: LeaseRules): LeaseStep {
  const isDue =
    rules.onFailure.afterLease !== undefined && !state.isHurrying && (state.isClientSeen || rules.isStandalone);
  if (!isDue) return free(state, rules);
  return {
    state: { ...state, phase: "after", status: afterHook },
    effects: [report(afterHook, "Running afterLease hooks"), { kind: "run", hook: "afterLease" }],
  };
}

/** The devices are free again. */
function free(state: LeaseState, rules: LeaseRules, message = "Available for new lease"): LeaseStep {
  const over: LeaseState = { ...state, phase: "over" };
  if (state.isStopping) return leave({ state: over, effects: [] }, rules);
  const step: LeaseStep = { state: { ...over, status: available }, effects: [report(available, message)] };
  if (isGone(over, rules)) return finish(step);
  const hasHooks = rules.onFailure.beforeLease !== undefined || rules.onFailure.afterLease !== undefined;
  // Without hooks the client gives its lease back by itself, as clients did before there were hooks.
  return hasHooks ? { ...step, effects: [...step.effects, { kind: "release" }] } : step;
}

/** Nobody is left to wait for. */
function isGone({ isLeaseEnded, isStopping }: LeaseState, { isStandalone }: LeaseRules): boolean {
  return isLeaseEnded || isStopping || isStandalone;
}

/** The last status, and the end. A failure stays to be seen where no lab asks for what comes next. */
function leave({ state, effects }: LeaseStep, { isStandalone }: LeaseRules): LeaseStep {
  if (state.isStopping || state.exitCode === 1) {
    const isTold = state.status === offline;
    return finish({
      state: { ...state, status: offline },
      effects: isTold ? effects : [...effects, report(offline, "Exporter shutting down")],
    });
  }
  if (isStandalone || state.status === available) return finish({ state, effects });
  return finish({
    state: { ...state, status: available },
    effects: [...effects, report(available, "Available for new lease")],
  });
}

function finish({ state, effects }: LeaseStep): LeaseStep {
  const { exitCode, isStopping } = state;
  return {
    state: { ...state, phase: "finished" },
    effects: [...effects, { kind: "finish", exitCode, isStopping: isStopping || exitCode === 1 }],
  };
}

function report(status: ExporterStatus, message: string): LeaseEffect {
  return { kind: "report", status, message };
}

function sentence(hook: HookName, detail: string): string {
  return `${hook} hook failed: ${detail}`;
}
