import { existsSync } from "node:fs";

import { connect } from "@jumpstarter-ts/client";
import { ustreamer } from "@jumpstarter-ts/driver-ustreamer";
import { describe, expect, it } from "vitest";

import { pythonPeer } from "../peers/python.ts";
import { startPythonExporter } from "../peers/python-exporter.ts";

const isReady = pythonPeer() !== undefined && existsSync("/usr/bin/ustreamer");

describe.skipIf(!isReady && process.env["CI"] !== "true")("Python's ustreamer driver", () => {
  it("gives us pictures, also without a camera", async () => {
    await using exporter = await startPythonExporter(`export:
  screen:
    type: jumpstarter_driver_ustreamer.driver.UStreamer
    config: { args: { device: /dev/no-such-camera } }
`);
    await using session = await connect({ host: exporter.host });
    const screen = session.device("screen").as(ustreamer);
    // The exporter does not wait for the program that it has started.
    await expect.poll(() => screen.state(), { timeout: 10_000 }).toMatchObject({ isOnline: false, encoder: "CPU" });

    const jpeg = Buffer.from(await screen.snapshot());
    expect([jpeg.subarray(0, 2).toString("hex"), jpeg.subarray(-2).toString("hex")]).toEqual(["ffd8", "ffd9"]);
    expect(await screen.streamPath()).toBe("/stream");
    for await (const frame of screen.frames()) {
      expect(Buffer.from(frame).subarray(0, 2).toString("hex")).toBe("ffd8");
      break;
    }
  });
});
