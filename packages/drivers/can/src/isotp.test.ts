import { serve } from "@jumpstarter-ts/core";
import { serveDriver } from "@jumpstarter-ts/testkit";
import { describe, expect, it } from "vitest";

import { isoTp } from "./isotp.ts";

/** An end of a transport whose driver keeps what it was asked, and has received `messages`. */
async function openTransport(messages: readonly string[] = []) {
  const calls: unknown[] = [];
  const queue = [...messages];
  const note =
    (method: string) =>
    (...args: unknown[]): void =>
      void calls.push([method, ...args.slice(0, -1)]);
  const served = await serveDriver(
    serve(isoTp, {
      start: note("start"),
      stop: note("stop"),
      send: note("send"),
      recv(...args) {
        note("recv")(...args);
        return { data: queue.shift() ?? null };
      },
      available: () => queue.length > 0,
      transmitting: () => false,
      set_address: note("set_address"),
      stop_sending: note("stop_sending"),
      stop_receiving: note("stop_receiving"),
    }),
    { definition: isoTp },
  );
  return { client: served.client, calls, [Symbol.asyncDispose]: () => served[Symbol.asyncDispose]() };
}

const unset = {
  txid: null,
  rxid: null,
  target_address: null,
  source_address: null,
  physical_id: null,
  functional_id: null,
  address_extension: null,
  rx_only: false,
  tx_only: false,
};

describe("ISO-TP", () => {
  it("sends bytes to one ECU or to all", async () => {
    await using transport = await openTransport();
    await transport.client.send(new Uint8Array([1, 2]));
    await transport.client.send(new Uint8Array([0xff]), { targetAddressType: "functional", sendTimeoutMs: 500 });
    expect(transport.calls).toEqual([
      ["send", { data: "AQI=" }, undefined, undefined],
      ["send", { data: "/w==" }, 1, 0.5],
    ]);
  });

  it("receives bytes, also where the driver breaks base64 into lines", async () => {
    await using transport = await openTransport(["AQI=", "AQID\nBAUG\n"]);
    await expect(transport.client.isAvailable()).resolves.toBe(true);
    await expect(transport.client.receive()).resolves.toEqual(new Uint8Array([1, 2]));
    await expect(transport.client.receive()).resolves.toEqual(new Uint8Array([1, 2, 3, 4, 5, 6]));
    await expect(transport.client.receive({ waitMs: 0 })).resolves.toBeUndefined();
    expect(transport.calls).toEqual([
      ["recv", true, 1],
      ["recv", true, 1],
      ["recv", false, undefined],
    ]);
  });

  it("sets the addresses, with every member that the wire wants", async () => {
    await using transport = await openTransport();
    await transport.client.setAddress({ txId: 0x7e0, rxId: 0x7e8 });
    await transport.client.setAddress({
      tx: { addressingMode: "extended-29-bits", txId: 1, targetAddress: 2 },
      rx: { rxId: 3 },
    });
    expect(transport.calls).toEqual([
      ["set_address", { ...unset, addressing_mode: 0, txid: 0x7e0, rxid: 0x7e8 }],
      [
        "set_address",
        {
          tx_addr: { ...unset, addressing_mode: 4, txid: 1, target_address: 2, tx_only: true },
          rx_addr: { ...unset, addressing_mode: 0, rxid: 3, rx_only: true },
        },
      ],
    ]);
  });

  it("starts, stops and gives up", async () => {
    await using transport = await openTransport();
    await transport.client.start();
    await expect(transport.client.isTransmitting()).resolves.toBe(false);
    await transport.client.stopSending();
    await transport.client.stopReceiving();
    await transport.client.stop();
    expect(transport.calls).toEqual([["start"], ["stop_sending"], ["stop_receiving"], ["stop"]]);
  });
});
