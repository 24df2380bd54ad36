import { createStreamPair, serve, type ByteStream } from "@jumpstarter-ts/core";
import { serveDriver } from "@jumpstarter-ts/testkit";
import { describe, expect, it } from "vitest";

import { adb } from "./client.ts";

type Answers = Readonly<Record<string, Buffer | undefined>>;

const okay = Buffer.from("OKAY");
const fail = (why: string): Buffer => Buffer.from(`FAIL${why.length.toString(16).padStart(4, "0")}${why}`);
const packet = (id: number, body: Buffer): Buffer => {
  const head = Buffer.alloc(5);
  head.writeUInt8(id, 0);
  head.writeUInt32LE(body.length, 1);
  return Buffer.concat([head, body]);
};
const ended = (stdout: string, stderr: string, code: number): Buffer =>
  Buffer.concat([okay, packet(1, Buffer.from(stdout)), packet(2, Buffer.from(stderr)), packet(3, Buffer.from([code]))]);

/** An ADB server that answers each service as the test says, and never what it does not know. */
function adbServer(asked: string[], answers: () => Answers): ByteStream {
  const { near, far } = createStreamPair();
  let held = Buffer.alloc(0);
  far
    .on("error", () => undefined)
    .on("data", (chunk: Buffer) => {
      held = Buffer.concat([held, chunk]);
      for (let length = 0; held.length >= 4; held = held.subarray(4 + length)) {
        length = Number.parseInt(held.toString("latin1", 0, 4), 16);
        if (held.length < 4 + length) break;
        const service = held.toString("utf8", 4, 4 + length);
        asked.push(service);
        const answer = answers()[service];
        if (answer !== undefined) far.write(answer);
      }
    });
  return near;
}

async function openAdb(answers: () => Answers = () => ({})) {
  const asked: string[] = [];
  const calls: unknown[] = [];
  const served = await serveDriver(
    serve(adb, {
      connect: () => adbServer(asked, answers),
      address: () => "tcp://127.0.0.1:15037",
      start_server: () => 15037,
      kill_server: () => 15037,
      list_devices: () =>
        "List of devices attached\n" +
        "emulator-5554          device product:sdk model:Pixel_7 transport_id:1\n" +
        "0123456789ABCDEF       unauthorized usb:1-1\n\n",
      connect_device(device) {
        calls.push(device);
        return `connected to ${device}`;
      },
      disconnect_device(device) {
        calls.push(device);
        return `disconnected ${device}`;
      },
    }),
    { definition: adb },
  );
  return { ...served, asked, calls };
}

describe("the adb client", () => {
  it("starts and ends the exporter's server, and tells what that sees", async () => {
    await using served = await openAdb();
    const { client } = served;

    expect([await client.startServer(), await client.killServer()]).toEqual([15037, 15037]);
    expect(await client.devices()).toEqual([
      {
        serial: "emulator-5554",
        state: "device",
        properties: { product: "sdk", model: "Pixel_7", transport_id: "1" },
      },
      { serial: "0123456789ABCDEF", state: "unauthorized", properties: { usb: "1-1" } },
    ]);
    expect(await client.connectDevice("192.0.2.7:5555")).toBe("connected to 192.0.2.7:5555");
    expect(await client.disconnectDevice("192.0.2.7:5555")).toBe("disconnected 192.0.2.7:5555");
    expect(served.calls).toEqual(["192.0.2.7:5555", "192.0.2.7:5555"]);
  });

  it("runs commands on a device without an adb of this machine", async () => {
    await using served = await openAdb(() => ({
      "host:transport:emulator-5554": okay,
      "shell,v2,raw:ls /x": ended("a\n", "no\n", 1),
    }));

    const result = await served.client.shell("ls /x", { serial: "emulator-5554" });

    expect(result).toEqual({ stdout: "a\n", stderr: "no\n", exitCode: 1 });
    expect(served.asked).toEqual(["host:transport:emulator-5554", "shell,v2,raw:ls /x"]);
  });

  it("says what the server has against it", async () => {
    await using served = await openAdb(() => ({ "host:transport-any": fail("no devices/emulators found") }));
    await expect(served.client.shell("true")).rejects.toThrow("refused host:transport-any: no devices/emulators found");
  });

  it("waits until the device has booted", async () => {
    let asks = 0;
    await using served = await openAdb(() => ({
      "host:transport-any": ++asks > 1 ? okay : fail("device offline"),
      "shell,v2,raw:getprop sys.boot_completed": ended("1\n", "", 0),
    }));
    await served.client.waitForBoot();
    expect(served.asked).toEqual([
      "host:transport-any",
      "host:transport-any",
      "shell,v2,raw:getprop sys.boot_completed",
    ]);
  });

  it("does not wait for ever", async () => {
    await using served = await openAdb(() => ({ "host:transport-any": okay }));
    await expect(served.client.waitForBoot({ timeoutMs: 50 })).rejects.toMatchObject({ code: "deadline-exceeded" });
    await expect(served.client.shell("hang", { timeoutMs: 50 })).rejects.toMatchObject({ code: "deadline-exceeded" });
  });

  it("lends the exporter's server to a program of this machine", async () => {
    await using served = await openAdb(() => ({ "host:version": Buffer.from("OKAY00040029") }));
    const program = `const { ANDROID_ADB_SERVER_ADDRESS: host, ANDROID_ADB_SERVER_PORT: port } = process.env;
      const socket = require("net").connect(Number(port), host, () => socket.write("000chost:version"));
      socket.on("data", (data) => { console.log(String(data)); socket.destroy(); });`;

    const { stdout } = await served.client.run(["-e", program], { program: process.execPath });

    expect(stdout).toBe("OKAY00040029\n");
  });
});
