export { corellium, type CorelliumClient } from "./client.ts";
export { corelliumContract } from "./contract.ts";
