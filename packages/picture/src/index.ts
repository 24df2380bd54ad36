export { cameraNoise, comparePictures, drawDifference, type CompareOptions, type Comparison } from "./compare.ts";
export { decodeImage } from "./decode-image.ts";
export { encodePng } from "./encode-png.ts";
export { expectSame, expectSameAsFile, readReference, type FileOptions } from "./expect-same.ts";
export { polled, type Look, type PictureSource } from "./picture-source.ts";
export type { Picture, Region } from "./picture.ts";
export { waitForSame, type SameOptions } from "./wait-for-same.ts";
export { waitForStable, type StableOptions } from "./wait-for-stable.ts";
