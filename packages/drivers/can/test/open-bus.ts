import { JumpstarterError, serve } from "@jumpstarter-ts/core";
import { serveDriver } from "@jumpstarter-ts/testkit";

import { can } from "../src/client.ts";
import { toWire, type CanMessage, type WireCanMessage } from "../src/message.ts";

/** A message of three bytes that tell standard base64 from the other kind. */
export const hello: CanMessage = {
  arbitrationId: 0x123,
  isExtendedId: false,
  data: new Uint8Array([0xfb, 0xff, 0x00]),
};
export const helloOnTheWire = {
  timestamp: 0,
  arbitration_id: 0x123,
  is_extended_id: false,
  is_remote_frame: false,
  is_error_frame: false,
  channel: null,
  dlc: 3,
  data: "+/8A",
  is_fd: false,
  is_rx: true,
  bitrate_switch: false,
  error_state_indicator: false,
};
/** Of every periodic task. */
export const uuid = "3b241101-e2bb-4255-8caf-4136c566a962";

/** A bus whose driver keeps what it was asked, and hands over what the test puts on it, as Python's drivers do. */
export async function openBus({ isFiltering = false } = {}) {
  const calls: unknown[] = [];
  const queue: WireCanMessage[] = [];
  const waiting: (() => void)[] = [];
  const asked = Promise.withResolvers<void>();
  const served = await serveDriver(
    serve(can, {
      async _recv_internal(timeoutS) {
        asked.resolve();
        if (queue.length === 0 && timeoutS !== 0) {
          const { promise, resolve } = Promise.withResolvers<void>();
          const timer = setTimeout(resolve, (timeoutS ?? 60) * 1_000);
          waiting.push(resolve);
          await promise;
          clearTimeout(timer);
        }
        return [queue.shift() ?? null, isFiltering];
      },
      send(message, timeoutS) {
        if (message.arbitration_id === 0x7ff) throw new Error("bus off");
        calls.push(["send", message, timeoutS]);
      },
      _send_periodic_internal(...args) {
        calls.push(["periodic", ...args.slice(0, 4)]);
        return uuid;
      },
      _start_task: (task) => void calls.push(["start", task]),
      _stop_task: (task) => void calls.push(["stop", task]),
      state(value) {
        calls.push(["state", value]);
        return value === undefined ? 2 : null;
      },
      protocol: () => 2,
      channel_info: () => "Virtual bus channel one",
      _apply_filters(filters) {
        calls.push(["filters", filters]);
        if (!isFiltering) throw new JumpstarterError("no filters", { code: "unsupported", reason: "NO_FILTERS" });
      },
      flush_tx_buffer: () => void calls.push(["flush"]),
      shutdown: () => void calls.push(["shutdown"]),
    }),
    { definition: can },
  );
  return {
    client: served.client,
    calls,
    /** Resolves when the driver has been asked for a message. */
    asked: asked.promise,
    put(...messages: readonly CanMessage[]) {
      queue.push(...messages.map((message) => ({ ...toWire(message), timestamp: 1.5, channel: "one" })));
      for (const wake of waiting.splice(0)) wake();
    },
    [Symbol.asyncDispose]: () => served[Symbol.asyncDispose](),
  };
}
