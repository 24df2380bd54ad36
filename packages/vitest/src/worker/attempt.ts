import { randomUUID } from "node:crypto";

import { JumpstarterError } from "@jumpstarter-ts/core";
import type { TestContext } from "vitest";

type Task = TestContext["task"];

/** One run of one test: a retry is another. */
export interface Attempt {
  readonly id: string;
  /** `boot.test.ts > cold boot > reaches a prompt` */
  readonly test: string;
  /**
   * Aborted when the attempt is over: at its end, at the test's timeout, at Ctrl+C. Vitest's own signal is made once a
   * test, so that after a timeout it is aborted for the retries as well.
   */
  readonly signal: AbortSignal;
  hasFailed(): boolean;
  /** The errors of this attempt so far. Writable: a reporter shows what is in them. */
  errors(): readonly { message: string; stack?: string | undefined }[];
  /** Aborts the signal, so that what still runs of the test reaches its device no more. */
  end(): void;
}

export function startAttempt(task: Task, testSignal: AbortSignal): Attempt {
  const controller = new AbortController();
  const test = `${task.file.name} > ${task.fullTestName}`;
  const errorsBefore = task.result?.errors?.length ?? 0;
  const onAbort = (): void => controller.abort(testEnded(test, testSignal.reason));
  if (!testSignal.aborted) testSignal.addEventListener("abort", onAbort, { once: true });
  return {
    id: randomUUID(),
    test,
    signal: controller.signal,
    hasFailed: () => task.result?.state !== "pass",
    errors: () => task.result?.errors?.slice(errorsBefore) ?? [],
    end() {
      testSignal.removeEventListener("abort", onAbort);
      controller.abort(testEnded(test));
    },
  };
}

function testEnded(test: string, cause?: unknown): JumpstarterError {
  return new JumpstarterError(
    `the test "${test}" is over, and its device is no longer its own: await what the test starts before it ends`,
    { code: "cancelled", reason: "TEST_ENDED", cause },
  );
}
