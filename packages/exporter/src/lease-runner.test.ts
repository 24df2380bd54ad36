import { ExporterStatus } from "@jumpstarter-ts/protocol";
import { describe, expect, it } from "vitest";

import type { HookName, HookResult, LeaseRules } from "./lease-machine.ts";
import { createLeaseRunner } from "./lease-runner.ts";

function openLease(rules: LeaseRules) {
  const statuses: ExporterStatus[] = [];
  const running = new Map<HookName, PromiseWithResolvers<HookResult>>();
  const released = Promise.withResolvers<void>();
  const runner = createLeaseRunner({
    rules,
    runHook(hook, signal) {
      const deferred = Promise.withResolvers<HookResult>();
      signal.addEventListener("abort", () => deferred.resolve({ end: "stopped" }));
      running.set(hook, deferred);
      return deferred.promise;
    },
    report: (status) => statuses.push(status),
    release: released.resolve,
    releaseAfterMs: 1,
  });
  return { runner, statuses, running, released: released.promise };
}

describe("the runner of a lease", () => {
  it("runs hooks, gives the lease back, and ends when the lab says so", async () => {
    const { runner, running, released, statuses } = openLease({
      onFailure: { beforeLease: "warn", afterLease: "warn" },
      isStandalone: false,
    });
    runner.begin();
    runner.clientSeen();
    running.get("beforeLease")?.resolve({ end: "ok" });
    await Promise.resolve();
    runner.endSession();
    await expect.poll(() => running.has("afterLease")).toBe(true);
    running.get("afterLease")?.resolve({ end: "ok" });
    await released;
    runner.leaseEnded();

    expect(await runner.ended).toEqual({ exitCode: 0, isStopping: false });
    expect(statuses.at(-1)).toBe(ExporterStatus.EXPORTER_STATUS_AVAILABLE);
  });

  it("takes a hook that cannot even be run for one that failed", async () => {
    const messages: string[] = [];
    const runner = createLeaseRunner({
      rules: { onFailure: { beforeLease: "warn", afterLease: undefined }, isStandalone: true },
      runHook: () => Promise.reject(new Error("no shell")),
      report: (_status, message) => messages.push(message),
    });
    runner.begin();

    expect(await runner.ended).toEqual({ exitCode: 0, isStopping: false });
    expect(messages.at(-1)).toBe("beforeLease hook failed: no shell");
  });

  it("cuts the hook that runs short when it is stopped", async () => {
    const { runner, statuses } = openLease({
      onFailure: { beforeLease: "exit", afterLease: undefined },
      isStandalone: true,
    });
    runner.begin();

    runner.stop();

    expect(await runner.ended).toEqual({ exitCode: 0, isStopping: true });
    expect(statuses.at(-1)).toBe(ExporterStatus.EXPORTER_STATUS_OFFLINE);
  });
});
