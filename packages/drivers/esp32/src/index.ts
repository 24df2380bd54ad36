export { esp32, regionTarget, type ChipInfo, type Esp32FlasherClient, type FlashRegion } from "./client.ts";
export { chipInfoSchema, esp32Contract } from "./contract.ts";
