import { JumpstarterError, messageOf } from "@jumpstarter-ts/core";

import { takeTeardownErrors } from "./state.ts";

/** Fails the test whose clean-ups went wrong; all of them have run by now. */
export function failForTeardownErrors(): void {
  const [first, ...rest] = takeTeardownErrors();
  if (first === undefined) return;
  throw new JumpstarterError(
    `the test is over, but not all could be cleaned up: ${[first, ...rest].map(messageOf).join("; ")}`,
    {
      code: first.code,
      reason: first.reason,
      cause: first.cause,
    },
  );
}
