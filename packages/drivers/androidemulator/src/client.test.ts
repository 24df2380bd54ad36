import { createStreamPair, serve } from "@jumpstarter-ts/core";
import { adb } from "@jumpstarter-ts/driver-adb";
import { power } from "@jumpstarter-ts/driver-power";
import { serveDriver } from "@jumpstarter-ts/testkit";
import { describe, expect, it } from "vitest";

import { androidEmulator } from "./client.ts";

/** An emulator whose Android says at once that it has booted, and notes what it is told. */
async function openEmulator() {
  const calls: unknown[] = [];
  const served = await serveDriver(
    serve(androidEmulator, { set_headless: (headless) => void calls.push(["set_headless", headless]) }),
    {
      definition: androidEmulator,
      children: {
        power: serve(power, { on: () => void calls.push("on"), off: () => void calls.push("off"), async *read() {} }),
        adb: serve(adb, {
          connect() {
            const { near, far } = createStreamPair();
            // One line on standard output, and the exit code 0.
            const booted = Buffer.from([1, 2, 0, 0, 0, 0x31, 0x0a, 3, 1, 0, 0, 0, 0]);
            far.on("data", (chunk: Buffer) => {
              calls.push(chunk.toString());
              far.write("OKAY");
              if (chunk.includes("shell")) far.write(booted);
            });
            return near;
          },
          address: () => "tcp://127.0.0.1:15037",
          start_server: () => 15037,
          kill_server: () => 15037,
          list_devices: () => "",
        }),
      },
    },
  );
  return { ...served, calls };
}

describe("the Android emulator's client", () => {
  it("starts the emulator without a window and waits for Android", async () => {
    await using served = await openEmulator();

    await served.client.setHeadless(true);
    await served.client.start({ serial: "emulator-5554" });

    expect(served.calls).toEqual([
      ["set_headless", true],
      "on",
      "001chost:transport:emulator-5554",
      "0027shell,v2,raw:getprop sys.boot_completed",
    ]);
  });

  it("switches it off", async () => {
    await using served = await openEmulator();
    await served.client.power.off();
    expect(served.calls).toEqual(["off"]);
  });
});
