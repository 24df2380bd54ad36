import { runningProcesses } from "./running-processes.ts";

/** The processes that a process has started, and those that they have, while all of them run. Linux only: else none. */
export function descendantsOf(pid: number): readonly number[] {
  if (process.platform !== "linux") return [];
  const processes = [...runningProcesses()];
  const found = [pid];
  // It grows while it is gone through.
  for (const each of found) found.push(...processes.filter(({ parent }) => parent === each).map((child) => child.pid));
  return found.slice(1);
}
