export { vnc, type VncClient } from "./client.ts";
export { vncContract } from "./contract.ts";
export type { Screen } from "./rfb.ts";
export type { WaitOptions } from "./screen.ts";
