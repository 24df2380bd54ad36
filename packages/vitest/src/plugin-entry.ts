export type { JumpstarterOptions } from "./options.ts";
export { jumpstarter } from "./plugin.ts";
