import {
  clock,
  defineDriver,
  isJumpstarterError,
  JumpstarterError,
  type CallOptions,
  type Remote,
} from "@jumpstarter-ts/core";

import { canContract } from "./contract.ts";
import { filterToWire, passesFilters, type CanFilter } from "./filter.ts";
import { createListeners, type CanListener, type Listening } from "./listeners.ts";
import { fromWire, toWire, type CanMessage, type ReceivedCanMessage } from "./message.ts";
import { startLocally, startRemotely, type PeriodicOptions, type PeriodicTask } from "./periodic.ts";
import { createReceiver, type ReceiveOptions } from "./receiver.ts";

export type CanState = "active" | "passive" | "error";
export type CanProtocol = "can-2.0" | "can-fd" | "can-fd-non-iso" | "can-xl";

export interface CanSendOptions extends CallOptions {
  /** Milliseconds that the exporter waits for room to send. Default: the interface decides. */
  readonly sendTimeoutMs?: number;
}

export interface CanClient {
  send(message: CanMessage, options?: CanSendOptions): Promise<void>;
  /** Sends messages in turn, one a period. The exporter does it, unless they are to be modified. */
  sendPeriodic(messages: CanMessage | readonly CanMessage[], options: PeriodicOptions): Promise<PeriodicTask>;
  /** Stops all periodic tasks of this client. */
  stopPeriodicTasks(options?: CallOptions): Promise<void>;
  /** The next message that the filters let through; `undefined` if none came in time. Each is received once. */
  receive(options?: ReceiveOptions): Promise<ReceivedCanMessage | undefined>;
  /** All messages from now on that the filters let through, until the loop is left or the signal ends it. */
  messages(options?: Pick<ReceiveOptions, "signal">): AsyncIterable<ReceivedCanMessage>;
  /** Tells a listener of every message that the filters let through; any number of them hear the same. */
  listen(listener: CanListener): Listening;
  /** Lets through what passes one of the filters; without filters, everything. */
  setFilters(filters?: readonly CanFilter[], options?: CallOptions): Promise<void>;
  state(options?: CallOptions): Promise<CanState>;
  setState(state: CanState, options?: CallOptions): Promise<void>;
  protocol(options?: CallOptions): Promise<CanProtocol>;
  channelInfo(options?: CallOptions): Promise<string>;
  /** Drops what waits to be sent. Few interfaces can. */
  flushTxBuffer(options?: CallOptions): Promise<void>;
  /** Stops the periodic tasks and closes the bus on the exporter, for the rest of the lease. */
  shutdown(options?: CallOptions): Promise<void>;
}

const stateNumbers = { active: 1, passive: 2, error: 3 } as const;
const stateNames = { 1: "active", 2: "passive", 3: "error" } as const;
const protocolNames = { 1: "can-2.0", 2: "can-fd", 3: "can-fd-non-iso", 4: "can-xl" } as const;

export const can = defineDriver({ contract: canContract, client: canClient });

function canClient(remote: Remote<typeof canContract>): CanClient {
  const received = createReceiver(async (waitMs) => {
    const [message, isFiltered] = await remote.call("_recv_internal", waitMs / 1_000);
    return message === null ? undefined : { message: fromWire(message), isFiltered };
  }, `${remote.path}.receive`);
  const tasks = new Set<PeriodicTask>();
  let filters: readonly CanFilter[] | undefined;

  const send: CanClient["send"] = (message, { sendTimeoutMs, ...options } = {}) =>
    remote.with(options).call("send", toWire(message), sendTimeoutMs === undefined ? undefined : sendTimeoutMs / 1_000);

  const receive: CanClient["receive"] = async ({ waitMs = Infinity, signal } = {}) => {
    const end = clock.now() + waitMs;
    for (;;) {
      const leftMs = Math.max(0, end - clock.now());
      const next = await received.next({ waitMs: leftMs, ...(signal && { signal }) });
      if (next === undefined || next.isFiltered || passesFilters(next.message, filters)) return next?.message;
    }
  };

  const stopPeriodicTasks: CanClient["stopPeriodicTasks"] = async (options) => {
    const running = [...tasks];
    tasks.clear();
    const results = await Promise.allSettled(running.map((task) => task.stop(options)));
    for (const result of results) if (result.status === "rejected") throw result.reason;
  };

  return {
    send,
    async sendPeriodic(given, { modify, ...options }) {
      const messages = "arbitrationId" in given ? [given] : given;
      const task =
        modify === undefined
          ? await startRemotely(remote, messages, options)
          : startLocally(send, messages, { ...options, modify });
      tasks.add(task);
      return task;
    },
    stopPeriodicTasks,
    receive,
    async *messages(options = {}) {
      for (;;) {
        const message = await receive(options);
        if (message !== undefined) yield message;
      }
    },
    listen: createListeners(receive),
    async setFilters(wanted, options = {}) {
      filters = wanted;
      try {
        await remote.with(options).call("_apply_filters", wanted?.map(filterToWire));
      } catch (error) {
        // An interface without filters hands over everything, and it is filtered here.
        if (!isJumpstarterError(error) || error.code !== "unsupported") throw error;
      }
    },
    async state(options = {}) {
      const state = await remote.with(options).call("state");
      if (state === null) throw noState(remote.path);
      return stateNames[state];
    },
    setState: async (state, options = {}) => void (await remote.with(options).call("state", stateNumbers[state])),
    async protocol(options = {}) {
      return protocolNames[await remote.with(options).call("protocol")];
    },
    channelInfo: (options = {}) => remote.with(options).call("channel_info"),
    flushTxBuffer: (options = {}) => remote.with(options).call("flush_tx_buffer"),
    async shutdown(options = {}) {
      await stopPeriodicTasks(options);
      await remote.with(options).call("shutdown");
    },
  };
}

/** Null is the answer to a state that is set. */
function noState(path: string): JumpstarterError {
  return new JumpstarterError(`${path}.state answered null: look at the exporter's log for what its interface said`, {
    code: "unavailable",
    reason: "CAN_STATE_UNKNOWN",
  });
}
