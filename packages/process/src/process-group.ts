import { runningProcesses } from "./running-processes.ts";

/** Harmless where the group is gone. */
export function signalGroup(group: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-group, signal);
  } catch {
    // Gone already.
  }
}

/**
 * Whether any process of a group still runs. Linux tells the dead apart, whom nobody has collected: in a container whose
 * first process does not care for orphans, they stay.
 */
export function isGroupAlive(group: number): boolean {
  try {
    process.kill(-group, 0);
  } catch {
    return false;
  }
  if (process.platform !== "linux") return true;
  for (const each of runningProcesses()) if (each.group === group) return true;
  return false;
}
