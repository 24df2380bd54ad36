import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { implement, isJumpstarterError, validate } from "@jumpstarter-ts/core";
import { openCamera } from "@jumpstarter-ts/driver-video/camera";

import { ustreamer } from "./client.ts";
import { ustreamerStateSchema } from "./contract.ts";
import { ustreamerOptions } from "./options.ts";
import { startProgram } from "./program.ts";

const largestPictureBytes = 64 * 1024 ** 2;
const largestStateBytes = 1024 ** 2;

/** Starts µStreamer on a socket of its own, for as long as the device is open. */
export const ustreamerServer = implement(ustreamer, ustreamerOptions, async ({ executable, args }, scope) => {
  const directory = await mkdtemp(join(tmpdir(), "jumpstarter-ustreamer-"));
  scope.defer(() => rm(directory, { recursive: true, force: true }), { what: "remove µStreamer's socket" });
  const socketPath = join(directory, "socket");
  const given = Object.entries(args).flatMap(([name, value]) =>
    value === true ? [`--${name}`] : [`--${name}`, String(value)],
  );
  const argv = [executable, ...given, "--unix", socketPath];
  const program = await startProgram({ argv, socketPath, directory }, scope);
  const camera = openCamera({ kind: "unix", path: socketPath }, scope);

  /** That the program is gone says more than that nobody listens. */
  const explained = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      if (isJumpstarterError(error) && error.code === "unavailable") program.check();
      throw error;
    }
  };

  return {
    async snapshot({ signal }) {
      const jpeg = await explained(camera.get("/snapshot", { signal, limitBytes: largestPictureBytes }));
      return jpeg.toString("base64");
    },
    async state({ signal }) {
      const text = await explained(camera.get("/state", { signal, limitBytes: largestStateBytes }));
      const { ok, result } = await validate(ustreamerStateSchema, JSON.parse(text.toString()), "µStreamer's state");
      const { online, captured_fps, resolution } = result.source;
      return { ok, result, online, ...resolution, fps: captured_fps };
    },
    stream_path: () => "/stream",
    connect: ({ signal }) => explained(camera.connect(signal)),
  };
});
