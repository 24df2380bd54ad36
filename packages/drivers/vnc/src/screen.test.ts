import { serve } from "@jumpstarter-ts/core";
import { network } from "@jumpstarter-ts/driver-network";
import { serveDriver } from "@jumpstarter-ts/testkit";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { rfbServer, type RfbServer } from "../test/rfb-server.ts";
import { openVnc } from "./driver.ts";
import { vnc } from "./client.ts";
import { takeSnapshot } from "./screen.ts";

const box = { x: 2, y: 1, width: 3, height: 2 };
const red = [255, 0, 0] as const;

function openScreen(server: RfbServer) {
  const tcp = serve(network, { connect: () => server.connect(), address: () => "" });
  return serveDriver(openVnc, { definition: vnc, children: { tcp } });
}

describe("a screen", () => {
  it("is seen as it is", async () => {
    const server = rfbServer({ width: 8, height: 6 });
    server.paint(box, [1, 2, 3]);
    await using served = await openScreen(server);

    expect(await served.client.snapshot()).toEqual(server.picture());
    expect(await served.client.defaultEncrypt()).toBe(false);
  });

  it("is seen in whatever pieces it comes, and whatever else the server says", async () => {
    const colourMap = [1, 0, 0, 7, 0, 1, 9, 9, 9, 9, 9, 9];
    const bell = [2];
    const clipboard = [3, 0, 0, 0, 0, 0, 0, 2, 65, 66];
    const chatter = Buffer.from([...bell, ...colourMap, ...clipboard]);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 80 }), async (pieceBytes) => {
        const server = rfbServer({ width: 5, height: 4, pieceBytes, chatter });
        server.paint({ x: 1, y: 1, width: 2, height: 2 }, [9, 8, 7]);
        expect(await takeSnapshot(server.connect(), { what: "screen" })).toEqual(server.picture());
      }),
      { numRuns: 30 },
    );
  });

  it("is stable once it has not changed for a while", async () => {
    const server = rfbServer({ width: 8, height: 6 });
    await using served = await openScreen(server);

    const stable = served.client.waitForStable({ quietMs: 100 });
    await expect.poll(server.waiting).toBe(1);
    server.paint(box, red);

    expect(await stable).toEqual(server.picture());
  });

  it("is not stable while it changes, and says where", async () => {
    const server = rfbServer({ width: 8, height: 6 });
    await using served = await openScreen(server);
    await using _blinking = blink(server);

    await expect(served.client.waitForStable({ quietMs: 200, timeoutMs: 500 })).rejects.toThrow(
      /did not stay as it is for 200ms within 500ms: it changed \d+ times, last in the 3 × 2 pixels at 2,1/,
    );
  });

  it("is stable where the part that changes does not matter, or not by so little", async () => {
    const server = rfbServer({ width: 8, height: 6 });
    await using served = await openScreen(server);
    await using _blinking = blink(server, [0, 0, 3]);
    const options = { quietMs: 100, timeoutMs: 2_000 };

    await served.client.waitForStable({ ...options, ignore: [box] });
    await served.client.waitForStable({ ...options, region: { x: 5, y: 0, width: 3, height: 6 } });
    const picture = await served.client.waitForStable({ ...options, channelTolerance: 3 });

    expect(picture.data).toHaveLength(8 * 6 * 3);
  });

  it("is waited for until it shows what is expected", async () => {
    const server = rfbServer({ width: 8, height: 6 });
    await using served = await openScreen(server);
    const before = server.picture();

    const shown = served.client.waitForSame({
      ...before,
      data: Uint8Array.from(before.data, (_, at) => (at % 3 ? 0 : 255)),
    });
    await expect.poll(server.waiting).toBe(1);
    server.paint({ x: 0, y: 0, width: 8, height: 6 }, red);

    expect(await shown).toEqual(server.picture());
    await expect(served.client.waitForSame(before, { timeoutMs: 100 })).rejects.toMatchObject({
      code: "deadline-exceeded",
      reason: "PICTURE_DIFFERS",
      message: expect.stringContaining("48 of 48 pixels differ (100 %)"),
    });
  });

  it("may take another size", async () => {
    const server = rfbServer({ width: 8, height: 6 });
    await using served = await openScreen(server);

    const stable = served.client.waitForStable({ quietMs: 100 });
    await expect.poll(server.waiting).toBe(1);
    server.resize(4, 3);

    expect(await stable).toEqual({ width: 4, height: 3, data: new Uint8Array(36) });
  });

  it("is left in time when nobody wants it any more", async () => {
    const server = rfbServer({ width: 8, height: 6 });
    await using served = await openScreen(server);
    const given = new AbortController();

    const stable = served.client.waitForStable({ quietMs: 60_000, signal: given.signal });
    await expect.poll(server.waiting).toBe(1);
    given.abort();

    await expect(stable).rejects.toMatchObject({ code: "cancelled" });
  });
});

/** Changes the box all the time, whenever somebody looks. */
function blink(server: RfbServer, colour: readonly [number, number, number] = red): AsyncDisposable {
  let isOn = false;
  const timer = setInterval(() => {
    if (server.waiting() === 0) return;
    isOn = !isOn;
    server.paint(box, isOn ? colour : [0, 0, 0]);
  }, 20);
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
    },
  };
}
