export { decodePicture, video, type VideoClient, type VideoState } from "./client.ts";
export { videoContract, videoStateSchema } from "./contract.ts";
export { readFrames, type FramesOptions } from "./frames.ts";
