export { power, type CycleOptions, type PowerClient, type PowerReading } from "./client.ts";
export { powerContract } from "./contract.ts";
