export { obd, type ObdClient, type ObdStatus } from "./client.ts";
export { obdContract } from "./contract.ts";
