import { existsSync } from "node:fs";
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { serveDriver } from "@jumpstarter-ts/testkit";
import { describe, expect, it } from "vitest";

import { ustreamer } from "./client.ts";
import { ustreamerServer } from "./server.ts";

const canRun = existsSync("/usr/bin/ustreamer") || process.env["CI"] === "true";
const noCamera = { args: { device: "/dev/no-such-camera" } };

async function openCamera(options: Readonly<Record<string, unknown>> = noCamera) {
  return serveDriver(ustreamerServer, { definition: ustreamer, options });
}

async function openScript(content: string) {
  const directory = await mkdtemp(join(tmpdir(), "jumpstarter-fake-ustreamer-"));
  const executable = join(directory, "program");
  await writeFile(executable, `#!/bin/sh\n${content}\n`);
  await chmod(executable, 0o755);
  return { directory, executable, [Symbol.asyncDispose]: () => rm(directory, { recursive: true }) };
}

/** The processes whose command line has a word. */
async function processesWith(word: string): Promise<readonly string[]> {
  const ids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(ids.map((id) => readFile(`/proc/${id}/cmdline`, "utf8").catch(() => "")));
  return lines.filter((line) => line.includes(word));
}

// #region example
it.skipIf(!canRun)("a screen without a camera is offline, and shows a picture that says so", async () => {
  await using served = await openCamera();

  expect(await served.client.state()).toMatchObject({ isOnline: false, width: 640, height: 480, encoder: "CPU" });
  const jpeg = Buffer.from(await served.client.snapshot());
  expect(jpeg.subarray(0, 2).toString("hex")).toBe("ffd8");
});
// #endregion

describe.skipIf(!canRun)("the exporter's µStreamer", () => {
  it("gives the moving picture over its socket", async () => {
    await using served = await openCamera();
    expect(await served.client.streamPath()).toBe("/stream");
    const still = Buffer.from(await served.client.snapshot());
    for await (const frame of served.client.frames()) {
      expect(Buffer.from(frame).equals(still)).toBe(true);
      break;
    }
  });

  it("tells what every camera tells beside its own state", async () => {
    await using served = await openCamera({ args: { ...noCamera.args, quality: 80, persistent: true } });
    expect(await served.device.call("state")).toMatchObject({
      ok: true,
      result: { encoder: { type: "CPU", quality: 80 }, source: { online: false } },
      online: false,
      width: 640,
      height: 480,
      fps: 0,
    });
  });

  it("ends its program with the session, and leaves no socket behind", async () => {
    const mark = `mark-${process.pid}`;
    const before = (await readdir(tmpdir())).filter((name) => name.startsWith("jumpstarter-ustreamer-"));
    {
      await using served = await openCamera({ args: { device: `/dev/${mark}` } });
      await served.client.state();
      expect(await processesWith(mark)).toHaveLength(1);
    }
    expect(await processesWith(mark)).toEqual([]);
    const after = (await readdir(tmpdir())).filter((name) => name.startsWith("jumpstarter-ustreamer-"));
    expect(after.filter((name) => !before.includes(name))).toEqual([]);
  });

  it("refuses to start on what µStreamer refuses, with its words", async () => {
    await expect(openCamera({ args: { resolution: "huge" } })).rejects.toMatchObject({
      reason: "USTREAMER_ENDED",
      message: expect.stringContaining("huge"),
    });
  });
});

describe("a µStreamer that fails", () => {
  it("is missed by its name when it is not installed", async () => {
    await expect(openCamera({ executable: "/usr/bin/no-such-ustreamer" })).rejects.toMatchObject({
      code: "failed-precondition",
      reason: "USTREAMER_MISSING",
    });
  });

  it("is told by its last words when it ends at once", async () => {
    await using program = await openScript("echo no licence >&2; exit 3");
    await expect(openCamera({ executable: program.executable })).rejects.toThrow(
      /ended with exit code 3 and said "no licence"/,
    );
  });

  it.skipIf(!canRun)("is told when it ended in the middle, and not as a socket that is missing", async () => {
    await using program = await openScript('/usr/bin/ustreamer "$@" & echo $! > "$(dirname "$0")/pid"; wait');
    await using served = await openCamera({ executable: program.executable });
    process.kill(Number(await readFile(join(program.directory, "pid"), "utf8")), "SIGKILL");
    await expect
      .poll(() => served.client.snapshot().catch((error: unknown) => error))
      .toMatchObject({
        reason: "USTREAMER_ENDED",
      });
  });

  it.each(["unix", "port", "Host", "--device"])("is not told by an option %s where to listen", async (name) => {
    await expect(openCamera({ args: { [name]: "x" } })).rejects.toMatchObject({ code: "invalid-argument" });
  });
});
