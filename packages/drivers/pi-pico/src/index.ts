export { piPico, type PiPicoClient } from "./client.ts";
export { piPicoContract } from "./contract.ts";
