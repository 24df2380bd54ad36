export { uboot, type RebootOptions, type UbootClient } from "./client.ts";
export { ubootContract } from "./contract.ts";
export type { DhcpInfo } from "./dhcp.ts";
export type { PromptWait } from "./prompt.ts";
export type { CheckedOptions, CommandAnswer, UbootConsole } from "./uboot-console.ts";
