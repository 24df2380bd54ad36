/* oxlint-disable vitest/no-standalone-expect -- the linter does not know the test that dutTest makes */
import { resource } from "@jumpstarter-ts/vitest";
import { expect, vi, type TestContext } from "vitest";

import { note, railTest } from "../rail-test.ts";

const test = railTest;

test("passes", async ({ dut: { power, console } }) => {
  note("# passes");
  await power.on();
  await expect(console).toEmit("Rail {version}");
  await console.sendLine("hello");
  await expect(console).toEmitInOrder(["> ", "hello"]);
});

test("does not see what an earlier test's console said", async ({ dut: { console } }) => {
  note("# starts afresh");
  await expect(console).not.toEmit("Rail", { during: "50ms", since: "start" });
});

test("has fake timers", async ({ dut: { power, console } }) => {
  note("# fake timers");
  vi.useFakeTimers();
  try {
    await power.on();
    await expect(console).toEmit("Rail {version}");
    await expect(expect(console).toEmit("never", { timeout: "50ms" })).rejects.toThrow("within 50ms");
  } finally {
    vi.useRealTimers();
  }
});

test("fails", async ({ dut: { power } }) => {
  note("# fails");
  await power.on();
  expect("the rail").toBe("off");
});

test("waits for text that does not come", async ({ dut: { power, console } }) => {
  note("# waits in vain");
  await power.on();
  await expect(console).toEmit("login:", { timeout: "200ms" });
});

test("forgets to await a matcher", ({ dut: { console } }) => {
  note("# forgets");
  // oxlint-disable-next-line typescript/no-floating-promises -- the mistake that is shown here
  expect(console).toEmit("never", { timeout: "100ms" });
});

test("expects a matcher to fail", async ({ dut: { console } }) => {
  await expect(expect(console).toEmit("never", { timeout: "50ms" })).rejects.toThrow("never");
});

const broken = test.extend<{ halfOpen: string; badClosing: string; hangingClosing: string; late: string }>({
  halfOpen: resource("half open", ({ task }: TestContext, scope) => {
    scope.defer(() => note(`half open closed by ${task.name}`));
    throw new Error("the second half is missing");
  }),
  badClosing: resource("bad closing", ({ task }: TestContext, scope) => {
    scope.defer(() => note(`first clean-up of ${task.name} ran`));
    scope.defer(() => {
      throw new Error("the second clean-up is broken");
    });
    return "open";
  }),
  hangingClosing: resource("hanging closing", ({ task }: TestContext, scope) => {
    scope.defer(() => note(`clean-up of ${task.name} ran`));
    scope.defer(() => new Promise(() => undefined), { timeoutMs: 100 });
    return "open";
  }),
  late: resource(
    "late",
    async ({ task }: TestContext, scope) => {
      await new Promise((resolve) => setTimeout(resolve, 200));
      scope.defer(() => note(`resource of ${task.name} released`));
      return "too late";
    },
    { setupTimeout: "100ms" },
  ),
});

broken("throws in a fixture", async ({ dut: { power }, halfOpen }) => {
  note(halfOpen);
  await power.on();
});

broken("throws in a clean-up", async ({ dut: { power }, badClosing }) => {
  note(`# bad closing ${badClosing}`);
  await power.on();
});

broken("hangs in a clean-up", async ({ dut: { power }, hangingClosing }) => {
  note(`# hanging closing ${hangingClosing}`);
  await power.on();
});

broken("hangs in a fixture", async ({ dut: { power }, late }) => {
  note(late);
  await power.on();
});

test("times out", { timeout: 200 }, async ({ dut: { power } }) => {
  note("# times out");
  await power.on();
  await new Promise((resolve) => setTimeout(resolve, 500));
  await power.on().catch((error: unknown) => note(`late call: ${String(error)}`));
});

test("times out while it waits for text", { timeout: 200 }, async ({ dut: { power, console } }) => {
  note("# times out on its console");
  await power.on();
  await expect(console).toEmit("login:");
});

test("waits until the body of the former test is through", async ({ dut: { power } }) => {
  note("# next");
  await power.off();
  await new Promise((resolve) => setTimeout(resolve, 500));
});

let attempts = 0;
test("passes at the second attempt", { retry: 1, timeout: 200 }, async ({ dut: { power }, dutLease }) => {
  note(`# attempt ${++attempts} aborted=${dutLease.signal.aborted}`);
  await power.on();
  if (attempts === 1) await new Promise(() => undefined);
});
