export { vnc, type VncClient } from "./client.ts";
export { vncContract } from "./contract.ts";
export type { Screen } from "./screen.ts";
