import { JumpstarterError } from "@jumpstarter-ts/core";

/** What of Vitest's configuration hardware cares about. */
export interface VitestSettings {
  readonly pool?: unknown;
  readonly isolate?: unknown;
  readonly maxWorkers?: unknown;
  readonly teardownTimeout?: unknown;
}

export const supportedMajor = 5;

/** Throws for what contradicts safety: a value of the user's is never changed behind their back. */
export function refuseUnsafe({ pool, isolate }: VitestSettings): void {
  if (pool !== undefined && pool !== "forks") {
    throw refusal(
      `pool is ${JSON.stringify(pool)}`,
      `"forks"`,
      "only a process of its own can be ended, and noticed when it dies, without harm to the others",
    );
  }
  if (isolate === true) {
    throw refusal("isolate is true", "false", "a new worker would start before the old one has given its device back");
  }
}

/** Throws for a Vitest whose inner workings this package was not written for. */
export function refuseVersion(version: string): void {
  if (Number.parseInt(version, 10) === supportedMajor) return;
  throw new JumpstarterError(`@jumpstarter-ts/vitest supports vitest ^${supportedMajor}, found ${version}`, {
    code: "unsupported",
    reason: "VITEST_UNSUPPORTED",
  });
}

function refusal(seen: string, needed: string, why: string): JumpstarterError {
  return new JumpstarterError(`jumpstarter(): test.${seen}, but hardware needs ${needed}: ${why}; remove the setting`, {
    code: "failed-precondition",
    reason: "SETTING_UNSAFE",
  });
}
