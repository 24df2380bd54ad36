/** Looks for the programs that a test has started, by a word that only their command line has. */
import { readdir, readFile } from "node:fs/promises";
import { setTimeout as passed } from "node:timers/promises";

export async function processesWith(word: string): Promise<number[]> {
  const found: number[] = [];
  for (const name of await readdir("/proc")) {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) continue;
    const line = await readFile(`/proc/${name}/cmdline`, "utf8").catch(() => "");
    const [program = ""] = line.split("\0");
    if (line.includes(word) && program.includes("qemu-system")) found.push(Number(name));
  }
  return found;
}

/** The one program that has the word. */
export async function processWith(word: string): Promise<number> {
  const [pid, ...others] = await processesWith(word);
  if (pid === undefined || others.length > 0) throw new Error(`${word} is in ${others.length + 1} processes`);
  return pid;
}

/** Resolves when no program has the word any more. The test's own limit ends the wait. */
export async function goneWith(word: string): Promise<void> {
  while ((await processesWith(word)).length > 0) await passed(10);
}
