export { directAddress, ssh, type SshClient, type SshRunOptions } from "./client.ts";
export { sshContract } from "./contract.ts";
export type { CommandOptions, CommandOutput, CommandResult } from "./local-command.ts";
export { splitSshArguments } from "./ssh-command.ts";
