export { shell, type ShellClient, type ShellOutput, type ShellResult, type ShellRunOptions } from "./client.ts";
export { maxShellArguments, shellContract } from "./contract.ts";
