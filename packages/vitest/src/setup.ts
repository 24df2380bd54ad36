import { aroundEach, beforeEach, expect, inject } from "vitest";

import type { DutFixtures } from "./dut-test.ts";
import { consoleMatchers } from "./matchers.ts";
import type { ProvidedByJumpstarter } from "./provided.ts";
import { endWithMainProcess } from "./worker/guard.ts";
import { failForTeardownErrors } from "./worker/teardown-errors.ts";

// Vitest evaluates this file anew for every test file, also where modules are kept, so that its hooks are in all of them.

const provided: ProvidedByJumpstarter = inject("jumpstarter");
const { timeouts } = provided;
/** A resource keeps its own time, which is shorter: a fixture that comes after its hook's would never be cleaned up. */
const graceMs = 5_000;

endWithMainProcess(provided);
expect.extend(consoleMatchers);

aroundEach(async (runTest) => {
  await runTest();
  failForTeardownErrors();
});

// What is asked for in a hook is paid for by the hook's time, and not by the test's. An ordinary test has no such
// fixtures, and gets undefined.
beforeEach<DutFixtures<unknown>>(({ dutLease }) => void dutLease, timeouts.leaseMs + graceMs);
beforeEach<DutFixtures<unknown>>(({ dut }) => void dut, timeouts.prepareMs + graceMs);
