import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { connect } from "@jumpstarter-ts/client";
import { ustreamer } from "@jumpstarter-ts/driver-ustreamer";
import { video } from "@jumpstarter-ts/driver-video";
import { spawnExporter } from "@jumpstarter-ts/exporter";
import { describe, expect, it } from "vitest";

import { freeTcpPort } from "../clients/free-port.ts";
import { pythonSession } from "../peers/python-run.ts";
import { pythonPeer } from "../peers/python.ts";
import { startOurs } from "./ours.ts";

const hasProgram = existsSync("/usr/bin/ustreamer") || process.env["CI"] === "true";
const hasPython = pythonPeer() !== undefined || process.env["CI"] === "true";
const exportYaml = (device = "no-such-camera") => `export:
  screen:
    type: jumpstarter_driver_ustreamer.driver.UStreamer
    config: { args: { device: /dev/${device} } }
`;

describe.skipIf(!hasProgram)("our ustreamer driver", () => {
  it.skipIf(!hasPython)("shows its screen to an unmodified Python client", { timeout: 60_000 }, async () => {
    await using exporter = await startOurs(exportYaml());

    const answer = await pythonSession(
      exporter.host,
      `
state = client.screen.state()
image = client.screen.snapshot()
answer = [state.ok, state.result.source.online, state.result.encoder.type, image.format, list(image.size)]`,
    );

    expect(answer).toEqual([true, false, "CPU", "JPEG", [640, 480]]);
  });

  it("leaves no program behind when the exporter is killed", { timeout: 30_000 }, async () => {
    const directory = await mkdtemp(join(tmpdir(), "jumpstarter-screen-"));
    try {
      const mark = `killed-${process.pid}`;
      const head =
        "apiVersion: jumpstarter.dev/v1alpha1\nkind: ExporterConfig\nmetadata: { namespace: default, name: x }\n";
      await writeFile(join(directory, "exporter.yaml"), head + exportYaml(mark));
      await using exporter = await spawnExporter({ configFile: join(directory, "exporter.yaml") });
      {
        await using session = await connect({ host: exporter.host });
        await session.device("screen").as(ustreamer).state();
      }
      expect(await processesWith(mark)).toHaveLength(1);

      process.kill(exporter.pid, "SIGKILL");

      await expect.poll(() => processesWith(mark), { timeout: 10_000 }).toEqual([]);
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  });
});

describe.skipIf(!hasProgram)("our video driver", () => {
  it("takes pictures of a real camera server, and its moving picture", { timeout: 30_000 }, async () => {
    await using camera = await startCamera();
    await using exporter = await startOurs(`export:
  camera:
    type: jumpstarter_driver_video.driver.HttpVideo
    config: { url: "${camera.url}/stream", snapshot_url: "${camera.url}/snapshot" }
  without: { type: "@jumpstarter-ts/driver-video", config: { url: "${camera.url}/stream" } }
`);
    await using session = await connect({ host: exporter.host });
    const [still, moving] = ["camera", "without"].map((name) => session.device(name).as(video));

    await expect
      .poll(() => still?.state(), { timeout: 10_000 })
      .toMatchObject({ isOnline: true, width: 640, height: 480 });
    const picture = Buffer.from((await still?.snapshot()) ?? []);
    expect(Buffer.from((await moving?.snapshot()) ?? [])).toEqual(picture);
    for await (const frame of moving?.frames() ?? []) {
      expect(Buffer.from(frame)).toEqual(picture);
      break;
    }
  });
});

/** µStreamer as a camera of the network; without a device its picture says so. */
async function startCamera() {
  const port = await freeTcpPort();
  const args = `--host 127.0.0.1 --port ${port} --device /dev/no-such-camera --exit-on-parent-death`.split(" ");
  const program = spawn("/usr/bin/ustreamer", args, { stdio: "ignore" });
  const ended = once(program, "exit");
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      program.kill("SIGKILL");
      await ended;
    },
  };
}

/** The processes whose command line has a word. */
async function processesWith(word: string): Promise<readonly string[]> {
  const ids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(ids.map((id) => readFile(`/proc/${id}/cmdline`, "utf8").catch(() => "")));
  return lines.filter((line) => line.includes(word));
}
