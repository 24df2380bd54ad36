import { implement, isJumpstarterError } from "@jumpstarter-ts/core";

import { openCamera } from "./camera.ts";
import { video } from "./client.ts";
import { maxFrameBytes, readFrames } from "./frames.ts";
import { jpegSize } from "./jpeg-size.ts";
import { httpVideoOptions } from "./options.ts";

/** A camera with a web server that gives a moving picture (MJPEG). */
export const httpVideo = implement(video, httpVideoOptions, ({ url, snapshot_url }, scope) => {
  const stream = targetOf(url);
  const still = snapshot_url === null || snapshot_url === undefined ? undefined : targetOf(snapshot_url);
  const camera = openCamera(stream.address, scope);
  const stillCamera = still === undefined ? undefined : openCamera(still.address, scope);

  const picture = async (signal: AbortSignal): Promise<Uint8Array> => {
    if (still !== undefined && stillCamera !== undefined) {
      return stillCamera.get(still.path, { signal, headers: still.headers, limitBytes: maxFrameBytes });
    }
    return firstFrame(signal);
  };
  const firstFrame = async (signal: AbortSignal): Promise<Uint8Array> => {
    const limits = AbortSignal.any([signal, scope.signal]);
    const connection = await camera.connect(limits);
    const { path, headers } = stream;
    const frames = readFrames(connection, { path, headers, what: scope.name, signal: limits, timeoutMs: 10_000 });
    for await (const frame of frames) return frame;
    return new Uint8Array();
  };

  return {
    snapshot: async ({ signal }) => Buffer.from(await picture(signal)).toString("base64"),
    async state({ signal }) {
      try {
        const size = jpegSize(await picture(signal));
        return size === undefined ? { online: false } : { online: true, ...size };
      } catch (error) {
        if (signal.aborted || !isJumpstarterError(error)) throw error;
        // What is wrong is an answer here, and said where somebody looks for the reason.
        scope.log.warning(error.message);
        return { online: false };
      }
    },
    stream_path: () => stream.path,
    connect: ({ signal }) => camera.connect(signal),
  };
});

function targetOf(text: string) {
  const { protocol, hostname, port, pathname, search, host, username, password } = new URL(text);
  const isTls = protocol === "https:";
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return {
    address: {
      kind: "tcp",
      host: hostname.replace(/^\[(.*)\]$/, "$1"),
      port: port === "" ? (isTls ? 443 : 80) : Number(port),
      isTls,
    } as const,
    path: pathname + search,
    headers: {
      host,
      ...(credentials === ":" ? {} : { authorization: `Basic ${Buffer.from(credentials).toString("base64")}` }),
    },
  };
}
