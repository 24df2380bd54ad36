export { probeRs, type ProbeRsClient, type ReadMemoryOptions } from "./client.ts";
export { probeRsContract } from "./contract.ts";
