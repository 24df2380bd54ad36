export type { Capability } from "./capability.ts";
export type { DumpOptions, DumpReport } from "./dump.ts";
export type { FlashOptions, FlashReport } from "./flash.ts";
export type { FlashPhase, FlashProgress } from "./flash-progress.ts";
export { flasher, type FlasherClient, type FlashReports, type Images, type TargetOptions } from "./flasher-client.ts";
export { flasherContract } from "./flasher-contract.ts";
export { startOperation, type Operation, type OperationContext, type OperationOptions } from "./operation.ts";
export {
  storage,
  type EntryMetadata,
  type HashAlgorithm,
  type PresignedRequest,
  type PresignOptions,
  type StorageClient,
} from "./storage-client.ts";
export { storageContract } from "./storage-contract.ts";
export type { ReadBytesOptions, StorageFile } from "./storage-file.ts";
export {
  storageMux,
  storageMuxFlasher,
  type StorageMuxClient,
  type StorageMuxFlasherClient,
} from "./storage-mux-client.ts";
export { storageMuxContract, storageMuxFlasherContract } from "./storage-mux-contract.ts";
