import { connect } from "node:net";

import { clock, JumpstarterError, messageOf, within, type DriverScope } from "@jumpstarter-ts/core";
import { endOf, startFailure, startService, type ProcessEnd } from "@jumpstarter-ts/process";

export interface Program {
  /** Throws when the program has ended, with its last words. */
  check(): void;
}

export interface StartOptions {
  readonly argv: readonly string[];
  /** The unix socket that it will listen on. */
  readonly socketPath: string;
  /** Of the socket; removed with the program where the exporter is killed. */
  readonly directory: string;
}

const startTimeoutMs = 10_000;
/** A little more than a program takes that does not want to end. */
const stopMs = 7_000;
const pollMs = 20;

/** Starts µStreamer, and comes back when it listens. It ends with the scope, or with this process however that ends. */
export async function startProgram(
  { argv, socketPath, directory }: StartOptions,
  scope: DriverScope,
): Promise<Program> {
  const [program = ""] = argv;
  scope.log.info(argv.join(" "));
  const onLine = (line: string): void => {
    if (line.trim() !== "") scope.log.debug(line.trimEnd());
  };
  const service = await startService(argv, { cwd: scope.baseDirectory, directory, onLine }).catch((cause: unknown) => {
    throw cannotStart(program, cause);
  });
  scope.defer(() => service.stop(), { what: "end µStreamer", timeoutMs: stopMs });
  let end: ProcessEnd | undefined;
  void service.ended.then((ended) => (end = ended));

  const check = (): void => {
    if (end === undefined) return;
    const said = service.said();
    const words = said === "" ? "said nothing" : `said ${JSON.stringify(said.slice(-300))}`;
    throw new JumpstarterError(`${program} ended with ${endOf(end)} and ${words}`, {
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

function cannotStart(program: string, cause: unknown): JumpstarterError {
  const isMissing = startFailure(cause) === "missing";
  const seen = isMissing
    ? `there is no program ${program}: install it with "apt-get install ustreamer", or correct "executable"`
    : `${program} cannot be started: ${messageOf(cause)}`;
  return new JumpstarterError(seen, {
    code: "failed-precondition",
    reason: isMissing ? "USTREAMER_MISSING" : "USTREAMER_NOT_STARTED",
    cause,
  });
}
