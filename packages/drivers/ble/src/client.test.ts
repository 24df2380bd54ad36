import { Duplex } from "node:stream";

import { bytes, serve } from "@jumpstarter-ts/core";
import { serveDriver } from "@jumpstarter-ts/testkit";
import { describe, expect, it } from "vitest";

import { ble } from "./client.ts";

const info = "Device: 00:11:22:33:44:55\nWrite: 6e400002\nNotify: 6e400003\n";

/** A device that answers each write with one notification, and keeps the writes. */
async function openDevice() {
  const writes: string[] = [];
  const served = await serveDriver(
    serve(ble, {
      info: () => info,
      connect() {
        const stream = new Duplex({
          objectMode: true,
          read() {},
          write(chunk: Uint8Array, _encoding, done) {
            const text = Buffer.from(chunk).toString();
            writes.push(text);
            stream.push(bytes(`ok ${text}\n`));
            done();
          },
        });
        return stream;
      },
    }),
    { definition: ble },
  );
  return { client: served.client, writes, [Symbol.asyncDispose]: () => served[Symbol.asyncDispose]() };
}

describe("a Bluetooth LE device", () => {
  it("tells what it is", async () => {
    await using device = await openDevice();
    await expect(device.client.info()).resolves.toBe(info);
  });

  it("is a console: what is sent is written, what it notifies is waited for", async () => {
    await using device = await openDevice();
    await device.client.send("version");
    const { text } = await device.client.waitFor(/ok version\n/);
    expect(text).toBe("ok version\n");
  });

  it("keeps the boundaries of messages on a bare stream", async () => {
    await using device = await openDevice();
    const stream = await device.client.open();
    for (const message of ["one", "two"]) stream.write(bytes(message));
    const notifications: string[] = [];
    for await (const chunk of stream) {
      notifications.push(Buffer.from(chunk as Uint8Array).toString());
      if (notifications.length === 2) break;
    }
    expect(notifications).toEqual(["ok one\n", "ok two\n"]);
    expect(device.writes).toEqual(["one", "two"]);
  });
});
