import { connect, type Socket } from "node:net";

import { JumpstarterError } from "@jumpstarter-ts/core";

import {
  fromMessage,
  onMessage,
  sendMessage,
  type BrokerMessage,
  type HoldRequest,
  type LentDevice,
  type Return,
} from "../control.ts";
import { keepInProcess } from "./state.ts";

/** A worker's side of the broker. */
export interface BrokerLink {
  /** Resolves once the device is lent to the attempt. Leave a wait by {@link release}. */
  hold(request: HoldRequest): Promise<LentDevice>;
  /** Resolves when the device is back, with what went wrong on the way to its safe state. */
  release(attempt: string, given: Return): Promise<readonly JumpstarterError[]>;
}

export interface BrokerAddress {
  readonly socket: string;
  readonly token: string;
}

/** One link a process and broker: it stays open from test file to test file, and its end is the worker's. */
export function linkToBroker({ socket, token }: BrokerAddress): BrokerLink {
  return keepInProcess(`link ${socket}`, () => openLink(connect(socket), token));
}

function openLink(socket: Socket, token: string): BrokerLink {
  const holds = new Map<string, PromiseWithResolvers<LentDevice>>();
  const releases = new Map<string, PromiseWithResolvers<readonly JumpstarterError[]>>();
  let isClosed = false;
  // The link alone keeps no worker alive.
  socket.unref();
  sendMessage(socket, { kind: "hello", token, pid: process.pid });
  onMessage<BrokerMessage>(socket, (message) => {
    const { attempt } = message;
    if (message.kind === "granted") holds.get(attempt)?.resolve(message.device);
    if (message.kind === "refused") holds.get(attempt)?.reject(fromMessage(message.error));
    if (message.kind === "released") releases.get(attempt)?.resolve(message.problems.map(fromMessage));
  });
  socket.once("close", () => {
    isClosed = true;
    for (const { reject } of holds.values()) reject(linkLostError());
    for (const { resolve } of releases.values()) resolve([linkLostError()]);
  });

  return {
    async hold(request) {
      if (isClosed) throw linkLostError();
      const pending = Promise.withResolvers<LentDevice>();
      holds.set(request.attempt, pending);
      sendMessage(socket, { kind: "hold", ...request });
      try {
        return await pending.promise;
      } finally {
        holds.delete(request.attempt);
      }
    },
    async release(attempt, given) {
      if (isClosed) return [linkLostError()];
      const pending = Promise.withResolvers<readonly JumpstarterError[]>();
      releases.set(attempt, pending);
      sendMessage(socket, { kind: "release", attempt, ...given });
      try {
        return await pending.promise;
      } finally {
        releases.delete(attempt);
      }
    },
  };
}

function linkLostError(): JumpstarterError {
  return new JumpstarterError("the main process of vitest is gone, and with it the way to the device", {
    code: "unavailable",
    reason: "BROKER_GONE",
  });
}
