import { resource } from "@jumpstarter-ts/vitest";
import type { TestContext } from "vitest";

import { note, railTest } from "../rail-test.ts";

const test = railTest.extend<{ stubborn: string }>({
  stubborn: resource("stubborn", ({ task }: TestContext, scope) => {
    scope.defer(() => new Promise(() => undefined), { timeoutMs: 60_000 });
    scope.defer(() => note("cleaning up"));
    return task.name;
  }),
});

test("takes its time to clean up", { timeout: 60_000 }, async ({ dut: { power }, stubborn }) => {
  await power.on();
  note(`worker ${process.pid} ${stubborn}`);
  await new Promise(() => undefined);
});
