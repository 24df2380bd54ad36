export { xcp, type XcpAddress, type XcpClient, type XcpProgramOptions } from "./client.ts";
export { xcpContract } from "./contract.ts";
export type { XcpDaq, XcpDaqElement, XcpDaqEntry, XcpDaqListMode } from "./daq.ts";
export type { XcpChecksum, XcpConnection, XcpDaqInfo, XcpProgramming, XcpStatus } from "./results.ts";
