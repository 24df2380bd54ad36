import { clock, isJumpstarterError, JumpstarterError, within } from "@jumpstarter-ts/core";

import type { SessionStatus, Wire, WireOptions } from "./wire.ts";

/** Asks once. An exporter too old to have a status counts as ready, as upstream's clients have it. */
export async function readStatus(wire: Wire, options: WireOptions): Promise<SessionStatus> {
  try {
    return await wire.status(options);
  } catch (error) {
    if (isJumpstarterError(error) && error.code === "unsupported") return { state: "lease-ready", message: "" };
    throw error;
  }
}

/**
 * Asks until the exporter is ready for calls. Throws `failed-precondition` (`EXPORTER_HOOK_FAILED`) when the bench could
 * not be prepared, `unavailable` when the exporter goes away.
 */
export async function waitUntilReady(wire: Wire, signal: AbortSignal): Promise<SessionStatus> {
  for (;;) {
    const status = await readStatus(wire, { signal });
    const { state, message } = status;
    // An exporter that says nothing of its state is an old one: try.
    if (state === "lease-ready" || state === "unspecified") return status;
    if (state === "before-lease-hook-failed" || state === "offline") {
      const what = state === "offline" ? "is offline" : "could not prepare the bench";
      throw new JumpstarterError(`the exporter at ${wire.host} ${what}${message === "" ? "" : `: ${message}`}`, {
        code: state === "offline" ? "unavailable" : "failed-precondition",
        reason: state === "offline" ? "EXPORTER_OFFLINE" : "EXPORTER_HOOK_FAILED",
      });
    }
    await pause(pollMs, signal);
  }
}

/** As often as upstream asks while something waits. */
const pollMs = 100;

/** Waits on the real clock; the signal cuts it short. */
export async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = clock.setTimeout(resolve, ms);
  try {
    await within(promise, { signal, what: "the pause" });
  } finally {
    clock.clearTimeout(timer);
  }
}
