import { spawn } from "node:child_process";
import { connect } from "node:net";

import { clock, JumpstarterError, within, type DriverScope } from "@jumpstarter-ts/core";

export interface Program {
  /** Throws when the program has ended, with its last words. */
  check(): void;
}

export interface StartOptions {
  readonly argv: readonly string[];
  /** The unix socket that it will listen on. */
  readonly socketPath: string;
}

const startTimeoutMs = 10_000;
const graceMs = 5_000;
const pollMs = 20;
const keptCharacters = 4_096;

/** Starts µStreamer, and comes back when it listens. It ends with the scope, or with this process however that ends. */
export async function startProgram({ argv, socketPath }: StartOptions, scope: DriverScope): Promise<Program> {
  const [program = "", ...args] = argv;
  scope.log.info(argv.join(" "));
  const child = spawn(program, args, { cwd: scope.baseDirectory, stdio: ["ignore", "pipe", "pipe"] });
  const started = Promise.withResolvers<void>();
  const exited = Promise.withResolvers<void>();
  let said = "";
  let end: string | undefined;
  child.once("spawn", () => started.resolve());
  child.once("error", (cause) => started.reject(cannotStart(program, cause)));
  child.once("exit", (code, signal) => {
    end = String(signal ?? code);
    exited.resolve();
  });
  for (const output of [child.stdout, child.stderr]) {
    output.on("data", (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-keptCharacters);
      for (const line of chunk.toString().split("\n")) if (line.trim() !== "") scope.log.debug(line.trimEnd());
    });
  }
  await started.promise;

  // Where the operating system has no such thing as the end of a parent.
  const kill = (): void => void child.kill("SIGKILL");
  process.once("exit", kill);
  scope.defer(
    async () => {
      process.off("exit", kill);
      if (end !== undefined) return;
      child.kill("SIGTERM");
      const timer = clock.setTimeout(kill, graceMs);
      await exited.promise;
      clock.clearTimeout(timer);
    },
    { what: "end µStreamer", timeoutMs: graceMs + 2_000 },
  );

  const check = (): void => {
    if (end === undefined) return;
    const words = said.trim() === "" ? "said nothing" : `said ${JSON.stringify(said.trim().slice(-300))}`;
    throw new JumpstarterError(`${program} ended with ${end} and ${words}`, {
      code: "unavailable",
      reason: "USTREAMER_ENDED",
    });
  };
  await within(listening(socketPath, scope.signal, check), {
    what: `the start of ${program}`,
    timeoutMs: startTimeoutMs,
    signal: scope.signal,
  });
  return { check };
}

async function listening(path: string, signal: AbortSignal, check: () => void): Promise<void> {
  while (!signal.aborted && !(await accepts(path))) {
    check();
    await new Promise<void>((resolve) => clock.setTimeout(resolve, pollMs));
  }
}

async function accepts(path: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect({ path })
    .once("connect", () => resolve(true))
    .once("error", () => resolve(false));
  try {
    return await promise;
  } finally {
    socket.destroy();
  }
}

function cannotStart(program: string, cause: Error): JumpstarterError {
  const isMissing = "code" in cause && cause.code === "ENOENT";
  const seen = isMissing
    ? `there is no program ${program}: install it with "apt-get install ustreamer", or correct "executable"`
    : `${program} cannot be started: ${cause.message}`;
  return new JumpstarterError(seen, {
    code: "failed-precondition",
    reason: isMissing ? "USTREAMER_MISSING" : "USTREAMER_NOT_STARTED",
    cause,
  });
}
