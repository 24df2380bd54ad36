export { sshMount, type Mounted, type MountOptions, type SshMountClient } from "./client.ts";
export { sshMountContract } from "./contract.ts";
