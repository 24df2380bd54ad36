import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";

import { connect } from "@jumpstarter-ts/client";
import { vnc } from "@jumpstarter-ts/driver-vnc";
import { describe, expect, it } from "vitest";

import { pythonPeer } from "../peers/python.ts";
import { startPythonExporter } from "../peers/python-exporter.ts";
import { freeTcpPort } from "./free-port.ts";

const server = "/usr/bin/Xtigervnc";
const isReady = pythonPeer() !== undefined && existsSync(server);

describe.skipIf(!isReady && process.env["CI"] !== "true")("Python's vnc driver", () => {
  it("shows us the screen of a real server", async () => {
    const port = await freeTcpPort();
    const options = `:${port} -rfbport ${port} -localhost -SecurityTypes None -geometry 640x480 -desktop bench`;
    const display = spawn(server, options.split(" "), { stdio: "ignore" });
    const ended = once(display, "exit");
    try {
      await using exporter = await startPythonExporter(`export:
  screen:
    type: jumpstarter_driver_vnc.driver.Vnc
    config: { default_encrypt: true }
    children:
      tcp: { type: jumpstarter_driver_network.driver.TcpNetwork, config: { host: 127.0.0.1, port: ${port} } }
`);
      await using session = await connect({ host: exporter.host });
      const screen = session.device("screen").as(vnc);

      expect(await screen.defaultEncrypt()).toBe(true);
      expect(await screen.screen()).toMatchObject({ width: 640, height: 480, name: expect.stringContaining("bench") });
    } finally {
      display.kill();
      await ended;
    }
  });
});
