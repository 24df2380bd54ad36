export { vnc, type VncClient } from "./client.ts";
export { vncContract } from "./contract.ts";
export {
  comparePictures,
  expectSame,
  type Box,
  type CompareOptions,
  type Comparison,
  type Picture,
  type SameOptions,
} from "./picture.ts";
export type { Screen } from "./rfb.ts";
export type { StableOptions, WaitOptions } from "./screen.ts";
