export { qemu, type JsonValue, type QemuClient, type QemuSnapshot } from "./client.ts";
export { qemuContract } from "./contract.ts";
export { qemuFlasher, type FlashOciOptions, type QemuFlasherClient } from "./flasher-client.ts";
export { qemuFlasherContract } from "./flasher-contract.ts";
