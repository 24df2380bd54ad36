export { tmt, type TmtClient, type TmtRunOptions } from "./client.ts";
export { tmtContract } from "./contract.ts";
export { withGuest, type Guest } from "./provision.ts";
