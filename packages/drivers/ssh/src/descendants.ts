import { readdirSync, readFileSync } from "node:fs";

/** The processes that a process has started, and those that they have, while all of them run. Linux only: else none. */
export function descendantsOf(pid: number): readonly number[] {
  if (process.platform !== "linux") return [];
  const parents = readdirSync("/proc").flatMap((name) => (/^\d+$/.test(name) ? parentOf(name) : []));
  const found = [pid];
  // It grows while it is gone through.
  for (const each of found) found.push(...parents.filter(({ parent }) => parent === each).map((child) => child.pid));
  return found.slice(1);
}

function parentOf(name: string): { readonly pid: number; readonly parent: number }[] {
  try {
    const stat = readFileSync(`/proc/${name}/stat`, "latin1");
    // After the program's name, which may hold anything: state, parent.
    const [state, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return state === "Z" ? [] : [{ pid: Number(name), parent: Number(parent) }];
  } catch {
    // Gone meanwhile.
    return [];
  }
}
