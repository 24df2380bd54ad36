export { cuttlefish, type CuttlefishClient, type WaitForBootOptions } from "./client.ts";
export { cuttlefishContract } from "./contract.ts";
export { cuttlefishPower, cuttlefishPowerContract } from "./power.ts";
