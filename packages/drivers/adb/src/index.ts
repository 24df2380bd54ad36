export { adb, type AdbClient, type AdbDeviceOptions, type AdbRunOptions } from "./client.ts";
export { adbContract } from "./contract.ts";
export type { AdbDevice } from "./device-list.ts";
export type { AdbCommandResult } from "./server-protocol.ts";
