import { defineDriver, type CallOptions, type OutputOf, type Remote, type ResourceSource } from "@jumpstarter-ts/core";
import type { FlashProgress, Operation, StorageClient } from "@jumpstarter-ts/driver-storage";

import { iscsiContract, type algorithmSchema, type lunSchema } from "./contract.ts";
import { uploadImage, type UploadImageOptions } from "./upload-image.ts";

export type CompressionAlgorithm = OutputOf<typeof algorithmSchema>;

/** A disk of the target. */
export interface Lun {
  readonly name: string;
  readonly path: string;
  /** As the exporter tells it. */
  readonly sizeBytes: number;
  readonly lunId: number;
  readonly isBlock: boolean;
}

export interface AddLunOptions extends CallOptions {
  /** MiB. Default: the size of the file. */
  readonly sizeMib?: number;
  /** True if the path is a block device of the exporter, which has to be on its allow list. */
  readonly isBlock?: boolean;
}

export interface IscsiClient {
  /** Where the exporter keeps images: paths of disks start from its root. */
  readonly storage: StorageClient;
  start(options?: CallOptions): Promise<void>;
  stop(options?: CallOptions): Promise<void>;
  getHost(options?: CallOptions): Promise<string>;
  getPort(options?: CallOptions): Promise<number>;
  /** The name by which an initiator finds the target. */
  getTargetIqn(options?: CallOptions): Promise<string>;
  /** Offers a file of the storage as a disk; answers the disk's name. */
  addLun(name: string, path: string, options?: AddLunOptions): Promise<string>;
  removeLun(name: string, options?: CallOptions): Promise<void>;
  /** Removes all disks. */
  clearAllLuns(options?: CallOptions): Promise<void>;
  listLuns(options?: CallOptions): Promise<readonly Lun[]>;
  /** Unpacks a file of the storage into another. */
  decompress(
    source: string,
    target: string,
    options: CallOptions & { readonly algorithm: CompressionAlgorithm },
  ): Promise<void>;
  /**
   * Uploads an image as `<name>.img`, offers it as the disk `name`, and answers the target's IQN. What the storage
   * holds already is not uploaded again; a file that ends in `.gz`, `.xz` or `.bz2` is unpacked by the exporter.
   */
  uploadImage(name: string, image: ResourceSource, options?: UploadImageOptions): Operation<string, FlashProgress>;
}

export const iscsi = defineDriver({ contract: iscsiContract, client: iscsiClient });

function iscsiClient(remote: Remote<typeof iscsiContract>): IscsiClient {
  const client: IscsiClient = {
    get storage() {
      return remote.children.storage;
    },
    start: (options = {}) => remote.with(options).call("start"),
    stop: (options = {}) => remote.with(options).call("stop"),
    getHost: (options = {}) => remote.with(options).call("get_host"),
    getPort: (options = {}) => remote.with(options).call("get_port"),
    getTargetIqn: (options = {}) => remote.with(options).call("get_target_iqn"),
    addLun: (name, path, { sizeMib = 0, isBlock = false, ...options } = {}) =>
      remote.with(options).call("add_lun", name, path, sizeMib, isBlock),
    removeLun: (name, options = {}) => remote.with(options).call("remove_lun", name),
    clearAllLuns: (options = {}) => remote.with(options).call("clear_all_luns"),
    listLuns: async (options = {}) => (await remote.with(options).call("list_luns")).map(lunOf),
    decompress: (source, target, { algorithm, ...options }) =>
      remote.with(options).call("decompress", source, target, algorithm),
    uploadImage: (name, image, options = {}) => uploadImage(client, name, image, options),
  };
  return client;
}

function lunOf({ name, path, size, lun_id: lunId, is_block: isBlock }: OutputOf<typeof lunSchema>): Lun {
  return { name, path, sizeBytes: size, lunId, isBlock };
}
