export { renode, type RenodeClient } from "./client.ts";
export { renodeContract } from "./contract.ts";
