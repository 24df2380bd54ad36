import { ExporterStatus } from "@jumpstarter-ts/protocol";
import { describe, expect, it } from "vitest";

import {
  newLease,
  stepLease,
  type HookName,
  type LeaseEffect,
  type LeaseEvent,
  type LeaseRules,
  type LeaseState,
  type OnFailure,
} from "./lease-machine.ts";

const names = new Map(
  Object.entries(ExporterStatus).map(([name, number]) => [number, name.replace("EXPORTER_STATUS_", "")]),
);

function rulesOf(beforeLease?: OnFailure, afterLease?: OnFailure, isStandalone = false): LeaseRules {
  return { onFailure: { beforeLease, afterLease }, isStandalone };
}

/** What a lease does, in words: statuses, and what else there is to do. */
function follow(rules: LeaseRules, events: readonly LeaseEvent[]): readonly string[] {
  let state: LeaseState = newLease;
  return events.flatMap((event) => {
    const step = stepLease(state, event, rules);
    ({ state } = step);
    return step.effects.map(describeEffect);
  });
}

function describeEffect(effect: LeaseEffect): string {
  const { kind } = effect;
  if (kind === "report") return `${names.get(effect.status)}: ${effect.message}`;
  if (kind === "run") return `run ${effect.hook}`;
  return kind === "finish" ? `finish ${effect.exitCode}${effect.isStopping ? ", stop" : ""}` : kind;
}

const begin: LeaseEvent = { kind: "begin" };
const seen: LeaseEvent = { kind: "client-seen" };
const endSession: LeaseEvent = { kind: "end-session" };
const leaseEnded: LeaseEvent = { kind: "lease-ended" };
const stop: LeaseEvent = { kind: "stop" };
const hurry: LeaseEvent = { kind: "hurry" };
const done = (hook: HookName, end: "ok" | "stopped" | "failed" | "broken" = "ok"): LeaseEvent => ({
  kind: "hook-done",
  hook,
  result: end === "ok" || end === "stopped" ? { end } : { end, detail: "exit code 3" },
});

describe("a lease without hooks", () => {
  it("is ready at once, and is the client's to give back", () => {
    expect(follow(rulesOf(), [begin, seen, endSession, leaseEnded])).toEqual([
      "LEASE_READY: Ready for commands",
      "AVAILABLE: Available for new lease",
      "finish 0",
    ]);
  });
});

describe("a lease with a hook before it", () => {
  const running = ["BEFORE_LEASE_HOOK: Running beforeLease hook", "run beforeLease"];
  const before = (onFailure: OnFailure, ...events: readonly LeaseEvent[]) =>
    follow(rulesOf(onFailure, "warn"), [begin, seen, ...events]).slice(running.length);

  it("is ready once the hook has ended well", () => {
    expect(follow(rulesOf("warn"), [begin, done("beforeLease")])).toEqual([
      ...running,
      "LEASE_READY: Ready for commands",
    ]);
  });

  it("is ready with a warning where the hook has failed and only warns", () => {
    expect(before("warn", done("beforeLease", "failed"))).toEqual([
      "LEASE_READY: [HOOK_WARNING] beforeLease hook failed: exit code 3",
    ]);
  });

  it("is given back where the hook's failure ends it, and nothing is run after it", () => {
    expect(before("endLease", done("beforeLease", "failed"), leaseEnded)).toEqual([
      "BEFORE_LEASE_HOOK_FAILED: beforeLease hook failed: exit code 3",
      "release",
      "AVAILABLE: Available for new lease",
      "finish 0",
    ]);
  });

  it("ends the exporter where the hook's failure asks for it, once the client is gone", () => {
    expect(before("exit", done("beforeLease", "failed"), leaseEnded)).toEqual([
      "BEFORE_LEASE_HOOK_FAILED: beforeLease hook failed: exit code 3",
      "OFFLINE: beforeLease hook failed: exit code 3",
      "finish 1, stop",
    ]);
  });

  it("is left in place where the hook could not be judged", () => {
    expect(before("endLease", done("beforeLease", "broken"), leaseEnded)).toEqual([
      "BEFORE_LEASE_HOOK_FAILED: beforeLease hook failed: exit code 3",
      "AVAILABLE: Available for new lease",
      "finish 0",
    ]);
  });

  it("that ends meanwhile is never ready, but cleaned up after", () => {
    expect(before("warn", leaseEnded, done("beforeLease"), done("afterLease"))).toEqual([
      "AFTER_LEASE_HOOK: Running afterLease hooks",
      "run afterLease",
      "AVAILABLE: Available for new lease",
      "finish 0",
    ]);
  });

  it("is cut short by a stop, and cleaned up after", () => {
    expect(before("exit", stop, done("beforeLease", "stopped"), done("afterLease"))).toEqual([
      "cut",
      "AFTER_LEASE_HOOK: Running afterLease hooks",
      "run afterLease",
      "OFFLINE: Exporter shutting down",
      "finish 0, stop",
    ]);
  });

  it("gives up at once where somebody is in a hurry", () => {
    expect(before("warn", stop, hurry, done("beforeLease", "stopped"))).toEqual([
      "cut",
      "cut",
      "OFFLINE: Exporter shutting down",
      "finish 0, stop",
    ]);
  });
});

describe("a lease with a hook after it", () => {
  const after = (onFailure: OnFailure, ...events: readonly LeaseEvent[]) =>
    follow(rulesOf(undefined, onFailure), [begin, seen, ...events]).slice(3);

  it("runs it when the client ends its session, and is then given back", () => {
    expect(follow(rulesOf(undefined, "warn"), [begin, seen, endSession, done("afterLease"), leaseEnded])).toEqual([
      "LEASE_READY: Ready for commands",
      "AFTER_LEASE_HOOK: Running afterLease hooks",
      "run afterLease",
      "AVAILABLE: Available for new lease",
      "release",
      "finish 0",
    ]);
  });

  it("does not run it where no client was there", () => {
    expect(follow(rulesOf(undefined, "warn"), [begin, leaseEnded])).toEqual([
      "LEASE_READY: Ready for commands",
      "AVAILABLE: Available for new lease",
      "finish 0",
    ]);
  });

  it.each<readonly [OnFailure, readonly string[]]>([
    ["warn", ["AVAILABLE: [HOOK_WARNING] afterLease hook failed: exit code 3", "release", "finish 0"]],
    [
      "endLease",
      [
        "AFTER_LEASE_HOOK_FAILED: afterLease hook failed: exit code 3",
        "release",
        "AVAILABLE: Available for new lease",
        "finish 0",
      ],
    ],
    [
      "exit",
      [
        "AFTER_LEASE_HOOK_FAILED: afterLease hook failed: exit code 3",
        "OFFLINE: afterLease hook failed: exit code 3",
        "finish 1, stop",
      ],
    ],
  ])("does what its failure asks for: %s", (onFailure, effects) => {
    expect(after(onFailure, endSession, done("afterLease", "failed"), leaseEnded)).toEqual(effects);
  });
});

describe("a lease without a lab", () => {
  it("is cleaned up after without any client, and ends by itself", () => {
    expect(follow(rulesOf("warn", "warn", true), [begin, done("beforeLease"), stop, done("afterLease")])).toEqual([
      "BEFORE_LEASE_HOOK: Running beforeLease hook",
      "run beforeLease",
      "LEASE_READY: Ready for commands",
      "AFTER_LEASE_HOOK: Running afterLease hooks",
      "run afterLease",
      "OFFLINE: Exporter shutting down",
      "finish 0, stop",
    ]);
  });

  it("leaves a failure to be seen", () => {
    expect(follow(rulesOf("endLease", "warn", true), [begin, done("beforeLease", "failed")]).slice(2)).toEqual([
      "BEFORE_LEASE_HOOK_FAILED: beforeLease hook failed: exit code 3",
      "finish 0",
    ]);
  });
});
