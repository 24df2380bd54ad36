export type { BoardPower } from "./board-power.ts";
export {
  rideSx,
  type DetectOptions,
  type FastbootOptions,
  type OciFlashOptions,
  type RideSxClient,
  type RideSxFlashOptions,
} from "./client.ts";
export { rideSxContract, rideSxPowerContract } from "./contract.ts";
export type { RegistryCredentials } from "./credentials.ts";
export { rideSxPower, type RideSxPowerClient } from "./power.ts";
