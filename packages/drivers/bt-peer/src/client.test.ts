import { JumpstarterError, serve } from "@jumpstarter-ts/core";
import { serveDriver } from "@jumpstarter-ts/testkit";
import { describe, expect, it } from "vitest";

import { btPeer } from "./client.ts";

const connection = { handle: 1, address: "00:11:22:33:44:55", transport: "BR/EDR", role: "peripheral", encrypted: 0 };

/** A phone that answers as Python's driver does, and notes what it was asked. */
async function openPhone({ isConnected = true } = {}) {
  const calls: unknown[] = [];
  const answering =
    (method: string, answer: unknown) =>
    (...args: unknown[]): string => {
      calls.push([method, ...args.slice(0, -1)]);
      return JSON.stringify(answer);
    };
  const served = await serveDriver(
    serve(btPeer, {
      start_peer: answering("start_peer", { address: "F0:F1:F2:F3:F4:F5", name: "Bumble-Phone" }),
      stop_peer: answering("stop_peer", { status: "stopped" }),
      wait_connection(timeoutS) {
        calls.push(["wait_connection", timeoutS]);
        if (isConnected) return JSON.stringify(connection);
        throw new JumpstarterError(`no connection within ${timeoutS}s`, { code: "internal", reason: "RPC_UNKNOWN" });
      },
      connect_to: answering("connect_to", { ...connection, role: "central", encrypted: true }),
      wait_disconnection: answering(
        "wait_disconnection",
        isConnected ? { handle: 1, address: "00:11:22:33:44:55", reason: 0x13 } : { status: "no_connections" },
      ),
      pair: answering("pair", { handle: 1, address: "00:11:22:33:44:55", encrypted: 2 }),
      get_events: answering("get_events", [{ ts: 1.5, type: "disconnection", handle: 1, reason: 19 }]),
      get_address: () => "F0:F1:F2:F3:F4:F5",
      get_connections: answering("get_connections", isConnected ? [connection] : []),
    }),
    { definition: btPeer },
  );
  return { client: served.client, calls, [Symbol.asyncDispose]: () => served[Symbol.asyncDispose]() };
}

const connected = {
  handle: 1,
  address: "00:11:22:33:44:55",
  transport: "BR/EDR",
  role: "peripheral",
  isEncrypted: false,
};

describe("a phone", () => {
  it("is switched on, as what the test says or as the driver likes", async () => {
    await using phone = await openPhone();
    await expect(phone.client.start()).resolves.toEqual({ address: "F0:F1:F2:F3:F4:F5", name: "Bumble-Phone" });
    await phone.client.start({ name: "Ann's phone", isClassicEnabled: true, classOfDevice: 0x5a_020c });
    await expect(phone.client.address()).resolves.toBe("F0:F1:F2:F3:F4:F5");
    await phone.client.stop();
    expect(phone.calls).toEqual([
      ["start_peer", "{}"],
      ["start_peer", '{"name":"Ann\'s phone","classic_enabled":true,"class_of_device":5898764}'],
      ["stop_peer"],
    ]);
  });

  it("waits for connections and their end", async () => {
    await using phone = await openPhone();
    await expect(phone.client.waitForConnection()).resolves.toEqual(connected);
    await expect(phone.client.connections()).resolves.toEqual([connected]);
    await expect(phone.client.waitForDisconnection({ waitMs: 500 })).resolves.toEqual({
      handle: 1,
      address: "00:11:22:33:44:55",
      reason: 0x13,
    });
    expect(phone.calls).toEqual([["wait_connection", 30], ["get_connections"], ["wait_disconnection", 0.5]]);
  });

  it("says that nothing connected, and does not wait for the end of nothing", async () => {
    await using phone = await openPhone({ isConnected: false });
    await expect(phone.client.waitForConnection({ waitMs: 100 })).rejects.toThrow("no connection within 0.1s");
    await expect(phone.client.waitForDisconnection()).resolves.toBeUndefined();
  });

  it("connects and pairs", async () => {
    await using phone = await openPhone();
    const { handle, isEncrypted } = await phone.client.connectTo("00:11:22:33:44:55");
    expect(isEncrypted).toBe(true);
    await expect(phone.client.pair(handle)).resolves.toMatchObject({ isEncrypted: true });
    expect(phone.calls).toEqual([
      ["connect_to", "00:11:22:33:44:55", 30],
      ["pair", 1],
    ]);
  });

  it("tells what happened, all of it or what is new", async () => {
    await using phone = await openPhone();
    const [event] = await phone.client.events();
    expect(event).toEqual({
      type: "disconnection",
      timestampS: 1.5,
      details: { ts: 1.5, type: "disconnection", handle: 1, reason: 19 },
    });
    await phone.client.events({ sinceS: event?.timestampS ?? 0 });
    expect(phone.calls).toEqual([
      ["get_events", "0"],
      ["get_events", "1.5"],
    ]);
  });
});
