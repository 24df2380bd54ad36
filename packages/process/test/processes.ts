import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** A process that is dead but that nobody has asked about is dead. Linux only. */
export function isAlive(pid: number): boolean {
  const stat = `/proc/${pid}/stat`;
  return existsSync(stat) && !/\) Z /.test(readFileSync(stat, "utf8"));
}

/** A program that says its own pid and that of a child of it, and stays. */
export const stay = ["bash", "-c", 'sleep 60 & echo "$$ $!"; wait'] as const;

export function pidsOf(text: string): number[] {
  return text.trim().split(/\s+/).map(Number);
}

/** What a host in `host.ts` is told to run. */
export interface HostOrder {
  readonly argv: readonly string[];
  readonly directory?: string;
  /** Ends itself, by `process.exit`, once the program has said a line. */
  readonly leaves?: boolean;
}

/** A process of its own that starts a program as a driver does. */
export async function startHost(order: HostOrder) {
  const script = fileURLToPath(new URL("host.ts", import.meta.url));
  const host = spawn(process.execPath, [script, JSON.stringify(order)], { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = await once(createInterface({ input: host.stdout }), "line");
  return {
    /** Of what it runs. */
    pids: pidsOf(String(line)),
    kill: () => host.kill("SIGKILL"),
    [Symbol.dispose]: () => void host.kill("SIGKILL"),
  };
}
