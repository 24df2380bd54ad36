export { serial, type SerialClient } from "./client.ts";
export { serialContract } from "./contract.ts";
