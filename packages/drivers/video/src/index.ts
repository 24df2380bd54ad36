export { decodePicture, video, type VideoClient, type VideoState } from "./client.ts";
export { videoContract, videoStateSchema } from "./contract.ts";
export {
  frameWaits,
  type ExpectFrameOptions,
  type FrameSource,
  type FrameWaits,
  type StableFrame,
  type StableFrameOptions,
} from "./frame-waits.ts";
export { readFrames, type FramesOptions } from "./frames.ts";
