import { serve } from "@jumpstarter-ts/core";
import { network } from "@jumpstarter-ts/driver-network";
import { createPortPair, serveDriver } from "@jumpstarter-ts/testkit";
import { describe, expect, it } from "vitest";

import { vnc } from "./client.ts";

/** A server of RFB that says this, and tells what it received. */
async function openVnc(says: readonly (string | readonly number[])[]) {
  const { near, far } = createPortPair();
  const served = await serveDriver(serve(vnc, { get_default_encrypt: () => true }), {
    definition: vnc,
    children: { tcp: serve(network, { connect: () => near, address: () => "" }) },
  });
  for (const each of says) await far.send(typeof each === "string" ? each : Uint8Array.from(each));
  return { ...served, far };
}

const hello = "RFB 003.008\n";

describe("the vnc client", () => {
  it("tells the size and the name of the screen", async () => {
    const pixelFormat = Array.from({ length: 16 }, () => 0);
    const size = [0x02, 0x80, 0x01, 0xe0, ...pixelFormat, 0, 0, 0, 4];
    await using served = await openVnc([hello]);
    const { client, far } = served;
    const screen = client.screen();

    await far.receivedBytes(12);
    await far.send(Uint8Array.from([2, 2, 1]));
    await far.receivedBytes(13);
    await far.send(Uint8Array.from([0, 0, 0, 0]));
    expect(Buffer.from(await far.receivedBytes(14))).toEqual(Buffer.concat([Buffer.from(hello), Buffer.from([1, 1])]));
    await far.send(Buffer.concat([Buffer.from(size), Buffer.from("QEMU")]));

    await expect(screen).resolves.toEqual({ width: 640, height: 480, name: "QEMU" });
  });

  it.each([
    ["asks for a password", [hello, [1, 2]], "it asks for a password"],
    ["has too many viewers", [hello, [0], [0, 0, 0, 4], "full"], "full"],
    ["is something else", ["SSH-2.0-OpenSSH"], '"SSH-2.0-Open" is not RFB'],
  ])("says why there is no screen where the server %s", async (_what, says, why) => {
    await using served = await openVnc(says);
    await expect(served.client.screen()).rejects.toThrow(`vnc showed no screen: ${why}`);
  });

  it("does not wait for ever", async () => {
    await using served = await openVnc([]);
    await expect(served.client.screen({ timeoutMs: 50 })).rejects.toMatchObject({ code: "deadline-exceeded" });
  });

  it("gives the connection itself, and what the lab wants of a viewer", async () => {
    await using served = await openVnc([hello]);
    const stream = await served.client.open();
    stream.write("x");
    await expect(served.far.received("x")).resolves.toMatchObject({ text: "x" });
    stream.destroy();
    await expect(served.client.defaultEncrypt()).resolves.toBe(true);
  });
});
