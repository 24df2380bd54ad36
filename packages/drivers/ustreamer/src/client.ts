import { defineDriver, isJumpstarterError, type CallOptions, type Remote } from "@jumpstarter-ts/core";
import { decodePicture, frameWaits, readFrames, type VideoClient, type VideoState } from "@jumpstarter-ts/driver-video";

import { ustreamerContract } from "./contract.ts";

export interface UStreamerState extends VideoState {
  readonly width: number;
  readonly height: number;
  /** As captured. */
  readonly framesPerSecond: number;
  /** As asked for; 0 for as many as there are. */
  readonly desiredFramesPerSecond: number;
  /** `CPU`, `HW`, … */
  readonly encoder: string;
  /** Of the JPEGs, in percent. */
  readonly quality: number;
}

export interface UStreamerClient extends VideoClient {
  state(options?: CallOptions): Promise<UStreamerState>;
}

export const ustreamer = defineDriver({ contract: ustreamerContract, client: ustreamerClient });

function ustreamerClient(remote: Remote<typeof ustreamerContract>): UStreamerClient {
  const streamPath: UStreamerClient["streamPath"] = async (options = {}) => {
    try {
      return await remote.with(options).call("stream_path");
    } catch (error) {
      // An exporter of 0.9 does not tell; µStreamer's path is always this one.
      if (isJumpstarterError(error) && error.code === "unsupported") return "/stream";
      throw error;
    }
  };
  const snapshot: UStreamerClient["snapshot"] = async (options = {}) =>
    decodePicture(await remote.with(options).call("snapshot"));
  return {
    streamPath,
    snapshot,
    ...frameWaits({ snapshot }, remote.path),
    async state(options = {}) {
      const { result } = await remote.with(options).call("state");
      const { encoder, source } = result;
      return {
        isOnline: source.online,
        width: source.resolution.width,
        height: source.resolution.height,
        framesPerSecond: source.captured_fps,
        desiredFramesPerSecond: source.desired_fps,
        encoder: encoder.type,
        quality: encoder.quality,
      };
    },
    async *frames(options = {}) {
      const path = await streamPath(options);
      const connection = await remote.with(options).open("connect");
      yield* readFrames(connection, { path, what: remote.path, signal: options.signal });
    },
    open: (options = {}) => remote.with(options).open("connect"),
  };
}
