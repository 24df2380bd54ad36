export { decodePicture, frameWaits, video, type VideoClient, type VideoState } from "./client.ts";
export { comparePictures, drawDifference, type CompareOptions, type Comparison, type Region } from "./compare.ts";
export { videoContract, videoStateSchema } from "./contract.ts";
export { decodeImage } from "./decode.ts";
export { expectFrame, type ExpectFrameOptions } from "./expect-frame.ts";
export { readFrames, type FramesOptions } from "./frames.ts";
export type { Picture } from "./picture.ts";
export { encodePng } from "./png.ts";
export { waitForStableFrame, type FrameSource, type StableFrame, type StableFrameOptions } from "./stable-frame.ts";
