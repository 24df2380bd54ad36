export { tftp, type RunningTftp, type TftpClient } from "./client.ts";
export { tftpContract } from "./contract.ts";
