export { stlinkMsd, type StlinkMsdFlasherClient } from "./client.ts";
export { stlinkMsdContract } from "./contract.ts";
