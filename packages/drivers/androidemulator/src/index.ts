export { androidEmulator, type AndroidEmulatorClient } from "./client.ts";
export { androidEmulatorContract } from "./contract.ts";
