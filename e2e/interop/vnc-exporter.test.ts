import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";

import { connect } from "@jumpstarter-ts/client";
import { vnc } from "@jumpstarter-ts/driver-vnc";
import { expectSame } from "@jumpstarter-ts/picture";
import { describe, expect, it } from "vitest";

import { freeTcpPort } from "../clients/free-port.ts";
import { pythonSession, startPython } from "../peers/python-run.ts";
import { pythonPeer } from "../peers/python.ts";
import { startOurs } from "./ours.ts";

const isCi = process.env["CI"] === "true";
const isReady = ["/usr/bin/Xtigervnc", "/usr/bin/xsetroot"].every((path) => existsSync(path));
const red = [255, 0, 0] as const;

describe.skipIf(!isReady && !isCi)("our vnc driver before a real server", () => {
  it("lets our client see its screen, and wait for what it shows", { timeout: 30_000 }, async () => {
    await using bench = await startBench();
    await using session = await connect({ host: bench.host });
    const screen = session.device("screen").as(vnc);

    expect(await screen.screen()).toMatchObject({ width: 640, height: 480, name: expect.stringContaining("bench") });
    const reference = solid(640, 480, red);
    const shown = screen.waitForSame(reference);
    bench.paint("#ff0000");
    expectSame(await shown, reference);
    bench.paint("#ff0003");
    const stable = await screen.waitForStable({ quietMs: 200 });

    expect(() => expectSame(stable, reference)).toThrow("307200 of 307200 pixels differ");
    expectSame(stable, reference, { channelTolerance: 3 });
    expectSame(await screen.snapshot(), stable);
  });

  describe.skipIf(pythonPeer() === undefined && !isCi)("for Python", () => {
    it("answers to its client", { timeout: 60_000 }, async () => {
      await using bench = await startBench();

      const answer = await pythonSession(
        bench.host,
        `
with client.screen.stream() as stream:
    version = stream.receive().decode()
with client.screen.session(encrypt=False) as url:
    answer = [client.screen.get_default_encrypt(), version, url.split("?")[1].split("&")[0]]`,
      );

      expect(answer).toEqual([true, "RFB 003.008\n", "encrypt=0"]);
    });

    it("answers to `j screen session`, with the lab's default", { timeout: 60_000 }, async () => {
      await using bench = await startBench();
      await using viewer = startPython("j", ["screen", "session", "--no-browser"], { host: bench.host });
      expect(await viewer.printed(/please visit: \S+/)).toContain("encrypt=1");
    });
  });
});

/** A real VNC server behind our exporter. */
async function startBench() {
  const port = await freeTcpPort();
  const options = `:${port} -rfbport ${port} -localhost -SecurityTypes None -geometry 640x480 -desktop bench`;
  const display = spawn("/usr/bin/Xtigervnc", options.split(" "), { stdio: "ignore" });
  const ended = once(display, "exit");
  const exporter = await startOurs(`export:
  screen:
    type: jumpstarter_driver_vnc.driver.Vnc
    config: { default_encrypt: true }
    children:
      tcp: { type: jumpstarter_driver_network.driver.TcpNetwork, config: { host: 127.0.0.1, port: ${port} } }
`);
  const paint = (colour: string) => spawnSync("/usr/bin/xsetroot", ["-display", `:${port}`, "-solid", colour]).status;
  await expect.poll(() => paint("black"), { timeout: 10_000 }).toBe(0);
  return {
    host: exporter.host,
    paint,
    async [Symbol.asyncDispose]() {
      await exporter.close();
      display.kill();
      await ended;
    },
  };
}

function solid(width: number, height: number, colour: readonly [number, number, number]) {
  const data = Uint8Array.from({ length: width * height * 3 }, (_value, at) => colour[at % 3] ?? 0);
  return { width, height, data };
}
