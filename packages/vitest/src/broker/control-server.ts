import { chmod, rm } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { once } from "node:events";

import { isJumpstarterError, JumpstarterError, messageOf } from "@jumpstarter-ts/core";

import { onMessage, sendMessage, toMessage, type BrokerMessage, type WorkerMessage } from "../control.ts";
import type { Lender } from "./lender.ts";

export interface ControlServerOptions {
  /** Where the socket is made. */
  readonly path: string;
  /** What a worker must say first. */
  readonly token: string;
  readonly lender: Lender;
}

export interface ControlServer extends AsyncDisposable {
  /** Kills the workers that are still there, also after the server has closed. At the very end of the process. */
  killWorkers(): void;
}

/**
 * Serves the workers. A worker that dies closes its socket: whatever it held is taken back, as after a failure.
 */
export async function serveControl({ path, token, lender }: ControlServerOptions): Promise<ControlServer> {
  const sockets = new Set<Socket>();
  const workers = new Set<number>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    serveWorker(socket, { token, lender, workers });
  });
  server.listen(path);
  await once(server, "listening");
  await chmod(path, 0o600);
  return {
    killWorkers() {
      for (const pid of workers) {
        try {
          process.kill(pid, "SIGKILL");
        } catch {
          // It is gone, which is what was wanted.
        }
      }
    },
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close");
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
      await rm(path, { force: true });
    },
  };
}

function serveWorker(
  socket: Socket,
  { token, lender, workers }: Pick<ControlServerOptions, "token" | "lender"> & { readonly workers: Set<number> },
): void {
  const holds = new Map<string, AbortController>();
  let isKnown = false;
  const answer = (message: BrokerMessage): void => sendMessage(socket, message);

  onMessage<WorkerMessage>(socket, (message) => {
    if (message.kind === "hello") isKnown = message.token === token;
    if (!isKnown) {
      socket.destroy();
      return;
    }
    if (message.kind === "hello") {
      workers.add(message.pid);
      // Not when our end is closed: a worker that is busy for ever has not noticed that.
      socket.once("end", () => workers.delete(message.pid));
    }
    if (message.kind === "hold") {
      const controller = new AbortController();
      holds.set(message.attempt, controller);
      lender.hold(message, controller.signal).then(
        (device) => answer({ kind: "granted", attempt: message.attempt, device }),
        (error: unknown) => {
          holds.delete(message.attempt);
          answer({ kind: "refused", attempt: message.attempt, error: toMessage(asOurs(error)) });
        },
      );
    }
    if (message.kind === "release") {
      holds.get(message.attempt)?.abort();
      holds.delete(message.attempt);
      void lender.release(message.attempt, message).then((problems) =>
        answer({
          kind: "released",
          attempt: message.attempt,
          problems: problems.map((problem) => toMessage(problem)),
        }),
      );
    }
  });
  socket.once("close", () => {
    for (const [attempt, controller] of holds) {
      controller.abort();
      void lender.release(attempt, { outcome: "failed" });
    }
  });
}

function asOurs(error: unknown): JumpstarterError {
  if (isJumpstarterError(error)) return error;
  return new JumpstarterError(messageOf(error), { code: "internal", reason: "BROKER_FAILED", cause: error });
}
