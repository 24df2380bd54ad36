import { ExporterStatus } from "@jumpstarter-ts/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

import {
  newLease,
  stepLease,
  type HookName,
  type LeaseEvent,
  type LeaseRules,
  type LeaseState,
  type OnFailure,
} from "./lease-machine.ts";

const names = new Map(
  Object.entries(ExporterStatus).map(([name, number]) => [number, name.replace("EXPORTER_STATUS_", "")]),
);

const begin: LeaseEvent = { kind: "begin" };
const stop: LeaseEvent = { kind: "stop" };
const hurry: LeaseEvent = { kind: "hurry" };
const others: readonly LeaseEvent[] = [{ kind: "client-seen" }, { kind: "end-session" }, { kind: "lease-ended" }];
const done = (hook: HookName, end: "ok" | "stopped" | "failed" | "broken" = "ok"): LeaseEvent => ({
  kind: "hook-done",
  hook,
  result: end === "ok" || end === "stopped" ? { end } : { end, detail: "exit code 3" },
});

const onFailure = fc.option(fc.constantFrom<OnFailure>("warn", "endLease", "exit"), { nil: undefined });
const rulesArbitrary = fc
  .tuple(onFailure, onFailure, fc.boolean())
  .map(([before, after, isStandalone]): LeaseRules => ({
    onFailure: { beforeLease: before, afterLease: after },
    isStandalone,
  }));
const eventArbitrary = fc.oneof(
  fc.constantFrom(begin, stop, hurry, ...others),
  fc
    .tuple(
      fc.constantFrom<HookName>("beforeLease", "afterLease"),
      fc.constantFrom("ok" as const, "stopped" as const, "failed" as const, "broken" as const),
    )
    .map(([hook, end]) => done(hook, end)),
);

const edges: Readonly<Record<string, readonly string[]>> = {
  AVAILABLE: ["AVAILABLE", "BEFORE_LEASE_HOOK", "LEASE_READY", "OFFLINE"],
  BEFORE_LEASE_HOOK: ["LEASE_READY", "BEFORE_LEASE_HOOK_FAILED", "AFTER_LEASE_HOOK", "AVAILABLE", "OFFLINE"],
  BEFORE_LEASE_HOOK_FAILED: ["AVAILABLE", "OFFLINE"],
  LEASE_READY: ["AFTER_LEASE_HOOK", "AVAILABLE", "OFFLINE"],
  AFTER_LEASE_HOOK: ["AVAILABLE", "AFTER_LEASE_HOOK_FAILED", "OFFLINE"],
  AFTER_LEASE_HOOK_FAILED: ["AVAILABLE", "OFFLINE"],
  OFFLINE: [],
};

describe("a lease, whatever comes in whatever order,", () => {
  const run = (rules: LeaseRules, events: readonly LeaseEvent[]) => {
    let state: LeaseState = newLease;
    const trail = [begin, ...events].map((event) => {
      const before = state;
      const step = stepLease(state, event, rules);
      ({ state } = step);
      return { before, event, ...step };
    });
    const effects = trail.flatMap((each) => each.effects);
    return { trail, effects, state };
  };
  const always = (check: (rules: LeaseRules, events: readonly LeaseEvent[]) => void): void =>
    fc.assert(fc.property(rulesArbitrary, fc.array(eventArbitrary, { maxLength: 12 }), check), { numRuns: 500 });

  it("goes along the edges of the status table only", () => {
    always((rules, events) => {
      let last = "AVAILABLE";
      for (const effect of run(rules, events).effects) {
        if (effect.kind !== "report") continue;
        const next = names.get(effect.status) ?? "";
        expect(edges[last]).toContain(next);
        last = next;
      }
    });
  });

  it("runs each hook at most once, and only one that is configured", () => {
    always((rules, events) => {
      const ran = run(rules, events).effects.flatMap((effect) => (effect.kind === "run" ? [effect.hook] : []));
      expect(new Set(ran).size).toBe(ran.length);
      for (const hook of ran) expect(rules.onFailure[hook]).toBeDefined();
    });
  });

  it("is never made ready once it is over", () => {
    always((rules, events) => {
      for (const { event, before, effects } of run(rules, events).trail) {
        const isOver = before.isLeaseEnded || before.isEndAsked || before.isStopping || event.kind === "stop";
        const isReady = effects.some(
          (effect) => effect.kind === "report" && effect.status === ExporterStatus.EXPORTER_STATUS_LEASE_READY,
        );
        expect(isOver && isReady).toBe(false);
      }
    });
  });

  it("is given back at most once, never after it has ended, and never without a lab", () => {
    always((rules, events) => {
      const { trail } = run(rules, events);
      const released = trail.filter(({ effects }) => effects.some(({ kind }) => kind === "release"));
      expect(released.length).toBeLessThanOrEqual(rules.isStandalone ? 0 : 1);
      for (const { state } of released) expect(state.isLeaseEnded).toBe(false);
    });
  });

  it("finishes once, as the last thing, and with 1 exactly where a hook has failed that asks for it", () => {
    always((rules, events) => {
      const { effects, trail, state } = run(rules, events);
      const finishes = effects.filter(({ kind }) => kind === "finish");
      expect(finishes.length).toBe(state.phase === "finished" ? 1 : 0);
      expect(effects.slice(0, -1).some(({ kind }) => kind === "finish")).toBe(false);
      const hasAsked = trail.some(
        ({ event, before }) =>
          event.kind === "hook-done" &&
          event.result.end === "failed" &&
          rules.onFailure[event.hook] === "exit" &&
          before.phase === (event.hook === "beforeLease" ? "before" : "after"),
      );
      expect(state.exitCode).toBe(hasAsked ? 1 : 0);
    });
  });

  it("can always be stopped: once what runs has ended, so has it", () => {
    always((rules, events) => {
      const { state } = run(rules, [...events, stop, done("beforeLease", "stopped"), done("afterLease")]);
      expect(state.phase).toBe("finished");
      const last = run(rules, [...events, hurry, done("beforeLease", "stopped"), done("afterLease", "stopped")]).state;
      expect(last.phase).toBe("finished");
    });
  });
});
