import { spawn } from "node:child_process";
import { once } from "node:events";

/** Ends a group of processes when this process ends without doing so, by whatever signal. */
export interface Guard {
  /** Tells it which group. */
  watch(group: number): void;
  /** Lets it go, and waits until it is gone. Harmless twice. */
  release(): Promise<void>;
}

/** What a group has between SIGTERM and SIGKILL. */
export const graceSeconds = 5;

/**
 * Only this process has the other end of its standard input: a line there names the group, and the next one says that
 * there is nothing left to do. The input ends without it where this process did. `$1` is a directory to remove then.
 */
const script = `read -r group && [ -n "$group" ] || exit
read -r _ && exit
kill -s TERM -- "-$group"
left=${graceSeconds * 10}
while [ $left -gt 0 ] && kill -s 0 -- "-$group"; do sleep 0.1; left=$((left - 1)); done
kill -s KILL -- "-$group"
[ -z "$1" ] || rm -rf -- "$1"`;

/** Starts a guard that has no group yet: it stands before there is anything to guard. */
export async function startGuard(directory = ""): Promise<Guard> {
  const { write, release } = await standing(script, directory);
  return { watch: (group) => write(`${group}\n`), release };
}

/** A line says that there is nothing left to do. */
const directoryScript = `read -r _ || rm -rf -- "$1"`;

/**
 * Removes a directory when this process ends without letting the guard go, by whatever signal. For files that are there
 * also while no program runs; programs that write there have guards of their own.
 */
export async function guardDirectory(directory: string): Promise<Pick<Guard, "release">> {
  const { release } = await standing(directoryScript, directory);
  return { release };
}

async function standing(what: string, directory: string) {
  const shell = spawn("/bin/sh", ["-c", what, "guard", directory], {
    cwd: "/",
    // Neither a Ctrl+C at the exporter's terminal nor a signal for the exporter's group is meant for it.
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  const gone = Promise.withResolvers<void>();
  shell.once("exit", () => gone.resolve());
  // It may be gone already when it is let go.
  shell.stdin.on("error", () => undefined);
  await once(shell, "spawn");
  return {
    write: (line: string): void => void shell.stdin.write(line),
    async release(): Promise<void> {
      shell.stdin.end("\n");
      await gone.promise;
    },
  };
}
