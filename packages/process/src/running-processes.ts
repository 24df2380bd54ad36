import { readdirSync, readFileSync } from "node:fs";

export interface RunningProcess {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
}

/** The processes of this machine that are not dead, whoever has started them. Linux only. */
export function* runningProcesses(): Generator<RunningProcess> {
  for (const name of readdirSync("/proc")) {
    const found = /^\d+$/.test(name) ? readProcess(name) : undefined;
    if (found !== undefined) yield found;
  }
}

function readProcess(pid: string): RunningProcess | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // After the program's name, which may hold anything: state, parent, group.
    const [state, parent, group] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return state === "Z" || state === "X"
      ? undefined
      : { pid: Number(pid), parent: Number(parent), group: Number(group) };
  } catch {
    // Gone meanwhile.
    return undefined;
  }
}
