export { iscsi, type AddLunOptions, type CompressionAlgorithm, type IscsiClient, type Lun } from "./client.ts";
export { iscsiContract } from "./contract.ts";
export type { UploadImageOptions } from "./upload-image.ts";
