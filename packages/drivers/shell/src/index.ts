export { shell, type ShellClient, type ShellOutput, type ShellResult, type ShellRunOptions } from "./client.ts";
export { shellContract } from "./contract.ts";
