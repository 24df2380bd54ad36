import { connect, createServer } from "node:net";
import { once } from "node:events";

import { clock, JumpstarterError, messageOf, within, type Logger } from "@jumpstarter-ts/core";
import { endOf, startService, type Service } from "@jumpstarter-ts/process";

import { talkToServer } from "./server-protocol.ts";

export interface ServerOptions {
  /** Names it in errors. */
  readonly what: string;
  /** The program. */
  readonly program: string;
  readonly port: number;
  readonly log: Logger;
}

/** An ADB server of our own: a process that we started, and the only one that we ever end. */
export interface AdbServer {
  readonly port: number;
  /** Of the process, while it runs. */
  pid(): number | undefined;
  /** Resolves when it answers. Does nothing where it runs already. */
  start(signal: AbortSignal): Promise<void>;
  stop(): Promise<void>;
  /** Throws where it does not run. */
  assertRunning(): void;
  /** Asks for a service of the host, and gives the answer. */
  ask(service: string, options: AskOptions): Promise<string>;
}

export interface AskOptions {
  readonly signal: AbortSignal;
  readonly timeoutMs?: number;
}

const startMs = 10_000;
const askMs = 10_000;
const pollMs = 20;
export const serverHost = "127.0.0.1";
/** What in the exporter's environment would lead the program to another server. */
const misleading = ["ADB_SERVER_SOCKET", "ANDROID_ADB_SERVER_ADDRESS", "ANDROID_ADB_SERVER_PORT"];

/** A server that finds its port taken aborts. */
const withoutCoreFile = ["/bin/sh", "-c", 'ulimit -c 0; exec "$@"', "sh"];

export function createServerProcess({ what, program, port, log }: ServerOptions): AdbServer {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !misleading.includes(name)));
  let server: Service | undefined;
  let turn: Promise<unknown> = Promise.resolve();
  /** Starts and stops wait for one another. */
  const inTurn = (work: () => Promise<void>): Promise<void> => {
    const done = turn.then(work);
    turn = done.catch(() => undefined);
    return done;
  };
  const ask: AdbServer["ask"] = async (service, { signal, timeoutMs = askMs }) => {
    const stop = new AbortController();
    const talk = async (): Promise<string> => {
      using connection = talkToServer(connect(port, serverHost), what, AbortSignal.any([signal, stop.signal]));
      await connection.request(service);
      return await connection.readMessage();
    };
    try {
      return await within(talk(), { signal, timeoutMs, what: `${what}: the answer of the ADB server to ${service}` });
    } finally {
      stop.abort();
    }
  };
  const start = async (signal: AbortSignal): Promise<void> => {
    if (server?.hasExited() === false) return;
    await assertFree(port, what);
    signal.throwIfAborted();
    // In the foreground: what starts itself as a daemon is nobody's child.
    const argv = [...withoutCoreFile, program, "-P", String(port), "nodaemon", "server"];
    const started = await startService(argv, { cwd: "/", env, onLine: log.debug });
    server = started;
    try {
      const answers = answering(started, () => ask("host:version", { signal }));
      await within(answers, { signal, timeoutMs: startMs, what: `${what}: the start of the ADB server` });
    } catch (error) {
      await started.stop();
      throw error;
    }
    log.info(`the ADB server listens on ${serverHost}:${port}`);
  };

  return {
    port,
    pid: () => (server?.hasExited() === false ? server.pid : undefined),
    start: (signal) => inTurn(() => start(signal)),
    stop: () => inTurn(async () => void (await server?.stop())),
    ask,
    assertRunning() {
      if (server?.hasExited() === false) return;
      throw new JumpstarterError(`${what} has no ADB server at the moment, somebody has ended it: start it`, {
        code: "failed-precondition",
        reason: "ADB_NOT_RUNNING",
      });
    },
  };
}

/** Asks until there is an answer, or nobody left who could give one. */
async function answering(server: Service, ask: () => Promise<unknown>): Promise<void> {
  for (;;) {
    if (server.hasExited()) {
      const end = endOf(await server.ended);
      const said = server.said() === "" ? "nothing" : JSON.stringify(server.said());
      throw new JumpstarterError(`the ADB server ended with ${end} as it started; it said ${said}`, {
        code: "unavailable",
        reason: "ADB_SERVER_FAILED",
      });
    }
    const hasAnswered = await ask().then(
      () => true,
      () => false,
    );
    if (hasAnswered) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    clock.setTimeout(resolve, pollMs);
    await promise;
  }
}

/** A server of somebody else on our port would be used, and ended, as if it were ours. */
async function assertFree(port: number, what: string): Promise<void> {
  try {
    await listenOnce(port);
  } catch (cause) {
    throw new JumpstarterError(
      `${what} cannot have its ADB server on port ${port} of ${serverHost}: ${messageOf(cause)}; ` +
        `end the server there ("adb -P ${port} kill-server"), or choose another port, 0 for any`,
      { code: "failed-precondition", reason: "ADB_PORT_IN_USE", cause },
    );
  }
}

/** A port that nobody listens on. */
export function freePort(): Promise<number> {
  return listenOnce(0);
}

async function listenOnce(wanted: number): Promise<number> {
  const listener = createServer().listen(wanted, serverHost);
  await once(listener, "listening");
  const address = listener.address();
  listener.close();
  await once(listener, "close");
  return typeof address === "object" && address !== null ? address.port : wanted;
}
