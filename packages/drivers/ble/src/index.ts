export { ble, type BleClient } from "./client.ts";
export { bleContract } from "./contract.ts";
