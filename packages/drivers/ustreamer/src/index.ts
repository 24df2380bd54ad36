export { ustreamer, type UStreamerClient, type UStreamerState } from "./client.ts";
export { ustreamerContract, ustreamerStateSchema } from "./contract.ts";
