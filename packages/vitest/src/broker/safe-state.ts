import { allDevices, type Session } from "@jumpstarter-ts/client";
import { isJumpstarterError, JumpstarterError, messageOf } from "@jumpstarter-ts/core";

/**
 * Puts every device of a session that has a safe state into it, the deepest first. Each has its own deadline; one that
 * fails keeps no other from being tried. Returns what went wrong.
 */
export async function makeSafe(session: Session, timeoutMs: number): Promise<readonly JumpstarterError[]> {
  const problems: JumpstarterError[] = [];
  // A second name for a device is the same device.
  const done = new Set<string>();
  for (const { uuid, path, definition } of [...allDevices(session.root)].toReversed()) {
    if (definition?.safeState === undefined || done.has(uuid)) continue;
    done.add(uuid);
    const limit = new AbortController();
    const late = new JumpstarterError(`${path} did not reach its safe state within ${timeoutMs}ms`, {
      code: "deadline-exceeded",
      reason: "SAFE_STATE_FAILED",
    });
    const timer = setTimeout(() => limit.abort(late), timeoutMs);
    try {
      // The client was made by the same definition, which is the type that its safe state takes.
      await definition.safeState(session.view({ signal: limit.signal }).device(path).client as never);
    } catch (cause) {
      problems.push(cause === late ? late : notSafe(path, cause));
    } finally {
      clearTimeout(timer);
    }
  }
  return problems;
}

function notSafe(path: string, cause: unknown): JumpstarterError {
  return new JumpstarterError(`${path} could not be put into its safe state: ${messageOf(cause)}`, {
    code: isJumpstarterError(cause) ? cause.code : "internal",
    reason: "SAFE_STATE_FAILED",
    cause,
  });
}
