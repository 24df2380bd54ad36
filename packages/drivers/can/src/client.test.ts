import { describe, expect, it } from "vitest";

import { hello, helloOnTheWire, openBus, uuid } from "../test/open-bus.ts";
import type { CanMessage } from "./message.ts";

const idOf = (message: { readonly arbitrationId: number } | undefined): number | undefined => message?.arbitrationId;

describe("sending", () => {
  it("puts a message on the bus with every member that the wire wants", async () => {
    await using bus = await openBus();
    await bus.client.send(hello);
    await bus.client.send(
      { arbitrationId: 0x1fff_ffff, isExtendedId: true, isRemoteFrame: true, dlc: 4 },
      { sendTimeoutMs: 250 },
    );
    expect(bus.calls).toEqual([
      ["send", helloOnTheWire, undefined],
      [
        "send",
        {
          ...helloOnTheWire,
          arbitration_id: 0x1fff_ffff,
          is_extended_id: true,
          is_remote_frame: true,
          dlc: 4,
          data: "",
        },
        0.25,
      ],
    ]);
  });

  it.each([
    ["an id of more than 11 bits", { ...hello, arbitrationId: 0x800 }, "0x800 is above 0x7ff"],
    ["an id of more than 29 bits", { arbitrationId: 0x2000_0000, isExtendedId: true }, "is above 0x1fffffff"],
    ["more data than a message holds", { ...hello, data: new Uint8Array(9) }, "9 bytes are more than the 8"],
    ["more than even CAN FD holds", { ...hello, isFd: true, data: new Uint8Array(65) }, "more than the 64"],
  ])("refuses %s before anything is sent", async (_what, message, said) => {
    await using bus = await openBus();
    const sending = bus.client.send(message);
    await expect(sending).rejects.toMatchObject({ code: "invalid-argument" });
    await expect(sending).rejects.toThrow(said);
    expect(bus.calls).toEqual([]);
  });
});

describe("receiving", () => {
  it("gives each message once, with its bytes and its time", async () => {
    await using bus = await openBus();
    bus.put(hello);
    await expect(bus.client.receive()).resolves.toEqual({
      timestampMs: 1_500,
      arbitrationId: 0x123,
      isExtendedId: false,
      isRemoteFrame: false,
      isErrorFrame: false,
      channel: "one",
      dlc: 3,
      data: new Uint8Array([0xfb, 0xff, 0x00]),
      isFd: false,
      isRx: true,
      bitrateSwitch: false,
      errorStateIndicator: false,
    });
    await expect(bus.client.receive({ waitMs: 0 })).resolves.toBeUndefined();
    await expect(bus.client.receive({ waitMs: 5 })).resolves.toBeUndefined();
  });

  it("loses no message to a wait that was cancelled", async () => {
    await using bus = await openBus();
    const controller = new AbortController();
    const cancelled = bus.client.receive({ signal: controller.signal });
    await bus.asked;
    controller.abort();
    await expect(cancelled).rejects.toMatchObject({ code: "cancelled" });

    bus.put(hello);

    expect(idOf(await bus.client.receive())).toBe(0x123);
  });

  it("looks only once for those who do not wait while another does", async () => {
    await using bus = await openBus();
    const first = bus.client.receive();
    await bus.asked;
    await expect(bus.client.receive({ waitMs: 0 })).resolves.toBeUndefined();
    bus.put(hello);
    expect(idOf(await first)).toBe(0x123);
  });

  it("goes on until the loop is left", async () => {
    await using bus = await openBus();
    bus.put(hello, { ...hello, arbitrationId: 0x124 }, { ...hello, arbitrationId: 0x125 });
    const ids: number[] = [];
    for await (const { arbitrationId } of bus.client.messages()) {
      ids.push(arbitrationId);
      if (ids.length === 2) break;
    }
    expect(ids).toEqual([0x123, 0x124]);
    expect(idOf(await bus.client.receive())).toBe(0x125);
  });
});

describe("filters", () => {
  const extended: CanMessage = { arbitrationId: 0x123, isExtendedId: true };

  it("are applied here where the exporter's interface has none", async () => {
    await using bus = await openBus();
    await bus.client.setFilters([{ id: 0x120, mask: 0x7f0, isExtendedId: true }]);
    bus.put(hello, extended, { ...extended, arbitrationId: 0x200 });
    await expect(bus.client.receive()).resolves.toMatchObject(extended);
    await expect(bus.client.receive({ waitMs: 0 })).resolves.toBeUndefined();
    expect(bus.calls).toEqual([["filters", [{ can_id: 0x120, can_mask: 0x7f0, extended: true }]]]);
  });

  it("are left to an interface that has them", async () => {
    await using bus = await openBus({ isFiltering: true });
    await bus.client.setFilters([{ id: 0x7ff, mask: 0x7ff }]);
    bus.put(hello);
    expect(idOf(await bus.client.receive())).toBe(0x123);
  });

  it("let everything through again when they are taken away", async () => {
    await using bus = await openBus();
    await bus.client.setFilters([{ id: 0, mask: 0x7ff }]);
    await bus.client.setFilters();
    bus.put(hello);
    expect(idOf(await bus.client.receive())).toBe(0x123);
    expect(bus.calls.at(-1)).toEqual(["filters", undefined]);
  });
});

describe("listeners", () => {
  it("all hear every message, until they stop", async () => {
    await using bus = await openBus();
    const heard: string[] = [];
    const second = Promise.withResolvers<void>();
    const one = bus.client.listen(({ arbitrationId }) => heard.push(`one ${arbitrationId}`));
    await using _two = bus.client.listen(({ arbitrationId }) => {
      heard.push(`two ${arbitrationId}`);
      if (arbitrationId === 2) second.resolve();
    });
    bus.put({ ...hello, arbitrationId: 1 });
    await expect.poll(() => heard).toEqual(["one 1", "two 1"]);
    await one.stop();
    bus.put({ ...hello, arbitrationId: 2 });
    await second.promise;
    expect(heard).toEqual(["one 1", "two 1", "two 2"]);
  });

  it("are told at their end what went wrong in them, and harm no other", async () => {
    await using bus = await openBus();
    const heard = Promise.withResolvers<void>();
    const broken = bus.client.listen(() => {
      throw new Error("cannot parse");
    });
    await using _whole = bus.client.listen(() => heard.resolve());
    bus.put(hello);
    await heard.promise;
    await expect(broken.stop()).rejects.toThrow("cannot parse");
    await expect(broken.stop()).resolves.toBeUndefined();
  });
});

describe("the bus", () => {
  it("tells its state, its protocol and its channel", async () => {
    await using bus = await openBus();
    await expect(bus.client.state()).resolves.toBe("passive");
    await bus.client.setState("error");
    await expect(bus.client.protocol()).resolves.toBe("can-fd");
    await expect(bus.client.channelInfo()).resolves.toBe("Virtual bus channel one");
    await bus.client.flushTxBuffer();
    expect(bus.calls).toEqual([["state", undefined], ["state", 3], ["flush"]]);
  });

  it("stops its periodic tasks before it shuts down", async () => {
    await using bus = await openBus();
    await bus.client.sendPeriodic(hello, { periodMs: 10 });
    await bus.client.shutdown();
    expect(bus.calls.slice(1)).toEqual([["stop", uuid], ["shutdown"]]);
  });
});
