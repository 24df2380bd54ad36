export type { BusyboxShell, ShellOptions } from "./busybox-shell.ts";
export { networkFlasher, type NetworkFlasherClient } from "./client.ts";
export { networkFlasherContract } from "./contract.ts";
export type { NetworkFlashOptions, NetworkFlashProgress, NetworkFlashReport } from "./flash.ts";
export type { BootOptions, HelperSystem } from "./helper-system.ts";
export type { FlasherManifest } from "./manifest.ts";
