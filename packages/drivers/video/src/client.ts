import { defineDriver, type ByteStream, type CallOptions, type Remote } from "@jumpstarter-ts/core";

import { videoContract } from "./contract.ts";
import { frameWaits, type FrameWaits } from "./frame-waits.ts";
import { readFrames } from "./frames.ts";

export interface VideoState {
  /** False while the camera gives no picture. */
  readonly isOnline: boolean;
  /** Pixels. */
  readonly width: number | undefined;
  readonly height: number | undefined;
  readonly framesPerSecond: number | undefined;
}

export interface VideoClient extends FrameWaits {
  /** A picture of this moment, as a JPEG. */
  snapshot(options?: CallOptions): Promise<Uint8Array>;
  state(options?: CallOptions): Promise<VideoState>;
  /** The moving picture, JPEG by JPEG; leaving the loop ends it. A slow reader slows the camera down. */
  frames(options?: CallOptions): AsyncIterable<Uint8Array>;
  /** The path of the moving picture on the camera's web server. */
  streamPath(options?: CallOptions): Promise<string>;
  /** A connection to the camera's web server. */
  open(options?: CallOptions): Promise<ByteStream>;
}

export const video = defineDriver({
  contract: videoContract,
  client: videoClient,
});

function videoClient(remote: Remote<typeof videoContract>): VideoClient {
  const snapshot: VideoClient["snapshot"] = async (options = {}) =>
    decodePicture(await remote.with(options).call("snapshot"));
  return {
    snapshot,
    ...frameWaits({ snapshot }, remote.path),
    async state(options = {}) {
      const { online, width, height, fps } = await remote.with(options).call("state");
      return {
        isOnline: online,
        width: width ?? undefined,
        height: height ?? undefined,
        framesPerSecond: fps ?? undefined,
      };
    },
    async *frames(options = {}) {
      const path = await remote.with(options).call("stream_path");
      const connection = await remote.with(options).open("connect");
      yield* readFrames(connection, { path, what: remote.path, signal: options.signal });
    },
    streamPath: (options = {}) => remote.with(options).call("stream_path"),
    open: (options = {}) => remote.with(options).open("connect"),
  };
}

/** Of base64, as a picture travels. */
export function decodePicture(base64: string): Uint8Array {
  return Buffer.from(base64, "base64");
}
