import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { watch } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const projects = new URL("projects/", import.meta.url);
const vitest = join(dirname(createRequire(import.meta.url).resolve("vitest/package.json")), "vitest.mjs");

export interface NestedOptions {
  /** Default: `rail`. Or the URL of a directory elsewhere, which ends in a slash. */
  readonly project?: string;
  /** Files of the project's `hw` directory. */
  readonly files: readonly string[];
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts the same as `runNested` in a terminal of its own, where Ctrl+C is a key. */
export async function runInTerminal({
  project = "rail",
  files,
  env = {},
}: Omit<NestedOptions, "args">): Promise<TerminalRun> {
  const { spawn: spawnTerminal } = await import("@homebridge/node-pty-prebuilt-multiarch");
  const directory = await mkdtemp(join(tmpdir(), "rail-"));
  const railFile = join(directory, "rail");
  await writeFile(railFile, "");
  const terminal = spawnTerminal(process.execPath, [...vitestArguments(files)], {
    cwd: fileURLToPath(new URL(project, projects)),
    env: { ...nestedEnvironment(), ...env, RAIL_FILE: railFile },
  });
  let output = "";
  let isOver = false;
  const { promise: exited, resolve } = Promise.withResolvers<number>();
  terminal.onData((chunk) => (output += chunk));
  terminal.onExit(({ exitCode }) => {
    isOver = true;
    resolve(exitCode);
  });
  return {
    exited,
    output: () => output,
    endsWith: (exitCode) => endsWith(exited, exitCode, () => output),
    ...watchRail(railFile, () => output),
    press: (key) => terminal.write(key),
    async [Symbol.asyncDispose]() {
      if (!isOver) terminal.kill("SIGKILL");
      await exited;
      await rm(directory, { recursive: true, force: true });
    },
  };
}

export interface TerminalRun extends Omit<NestedRun, "pid"> {
  press(key: string): void;
}

export interface NestedRun extends AsyncDisposable {
  readonly pid: number;
  /** Resolves when the main process is gone. */
  readonly exited: Promise<number | NodeJS.Signals>;
  /** Waits for its end; throws with all that it wrote if it ends in another way. */
  endsWith(exitCode: number): Promise<void>;
  /** All it wrote, so far. */
  output(): string;
  /** The file of the rail, as lines. */
  lines(): Promise<readonly string[]>;
  /** Waits for a line that begins like this, and returns what follows. */
  line(start: string): Promise<string>;
}

/** Longer than anything here takes on a busy machine. */
const deadlineMs = 20_000;

/**
 * A real Vitest, run on a project whose board writes into a file what happens to it, a line an event. It runs in a
 * process group of its own, as from a shell.
 */
export async function runNested({ project = "rail", files, args = [], env = {} }: NestedOptions): Promise<NestedRun> {
  const directory = await mkdtemp(join(tmpdir(), "rail-"));
  const railFile = join(directory, "rail");
  await writeFile(railFile, "");
  const child = spawn(process.execPath, vitestArguments(files, args), {
    cwd: fileURLToPath(new URL(project, projects)),
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...nestedEnvironment(), ...env, RAIL_FILE: railFile },
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (chunk: string) => (output += chunk));
  }
  const exited = exitOf(child);
  return {
    pid: child.pid ?? 0,
    exited,
    output: () => output,
    endsWith: (exitCode) => endsWith(exited, exitCode, () => output),
    ...watchRail(railFile, () => output),
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) process.kill(-(child.pid ?? 0), "SIGKILL");
      await exited;
      await rm(directory, { recursive: true, force: true });
    },
  };
}

function vitestArguments(files: readonly string[], args: readonly string[] = []): readonly string[] {
  return [vitest, "run", ...files.map((file) => `hw/${file}.hw.ts`), ...args];
}

/** This process's own, without what the outer Vitest has put there. */
function nestedEnvironment(): Readonly<Record<string, string | undefined>> {
  const own = Object.entries(process.env).filter(
    ([name]) => !/^(?:VITEST|TEST$|NODE_ENV$|JUMPSTARTER_|CI$)/.test(name),
  );
  return { ...Object.fromEntries(own), NO_COLOR: "1" };
}

function watchRail(file: string, output: () => string): Pick<NestedRun, "lines" | "line"> {
  const lines = async (): Promise<readonly string[]> => (await readFile(file, "utf8")).split("\n").slice(0, -1);
  return {
    lines,
    async line(start) {
      const changed = watch(file);
      const signal = AbortSignal.timeout(deadlineMs);
      try {
        for (;;) {
          const change = once(changed, "change", { signal });
          change.catch(() => undefined);
          const found = (await lines()).find((line) => line.startsWith(start));
          if (found !== undefined) return found.slice(start.length).trim();
          await change.catch(async () => {
            throw new Error(`no line ${start} in ${(await lines()).join(" | ")}\n${output()}`);
          });
        }
      } finally {
        changed.close();
      }
    },
  };
}

async function endsWith(
  exited: Promise<number | NodeJS.Signals>,
  exitCode: number,
  output: () => string,
): Promise<void> {
  const seen = await exited;
  if (seen !== exitCode) throw new Error(`it ended with ${seen}, not with ${exitCode}:\n${output()}`);
}

async function exitOf(child: ChildProcess): Promise<number | NodeJS.Signals> {
  const { promise, resolve } = Promise.withResolvers<number | NodeJS.Signals>();
  child.once("close", (code, signal) => resolve(code ?? signal ?? 0));
  return await promise;
}

/** Resolves when there is no such process; somebody else's child tells nobody of its end but by not being there. */
export async function goneProcess(pid: number): Promise<void> {
  const end = performance.now() + deadlineMs;
  while (isAlive(pid)) {
    if (performance.now() > end) throw new Error(`process ${pid} is still there`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
