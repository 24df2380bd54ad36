import type { ResourceSource } from "@jumpstarter-ts/core";
import type { FlashProgress, Images, StorageClient } from "@jumpstarter-ts/driver-storage";

export interface UploadOptions {
  readonly signal: AbortSignal;
  /** Told of every image's way, by its partition. */
  readonly report: (progress: FlashProgress) => void;
}

/**
 * Brings images into the storage of the exporter, where fastboot takes them from; what is there already stays. Gives
 * the names of the files by partition.
 */
export async function uploadImages(
  storage: StorageClient,
  images: Images,
  { signal, report }: UploadOptions,
): Promise<Record<string, string>> {
  const files = fileNames(images);
  for (const [partition, image] of Object.entries(images)) {
    const writing = storage.writeFromPath(files[partition] ?? partition, image, {
      signal,
      onlyIfChanged: canBeCompared(image),
    });
    for await (const progress of writing) report({ ...progress, target: partition });
    await writing;
  }
  return files;
}

/** An image keeps its file's name, by whose ending the driver unpacks it; one that another has too gets its partition's. */
export function fileNames(images: Images): Record<string, string> {
  const partitions = Object.keys(images);
  const own = partitions.map((partition) => fileName(images[partition]) ?? `${partition}.img`);
  const isTaken = (name: string): boolean => own.filter((other) => other === name).length > 1;
  return Object.fromEntries(
    own.map((name, index) => {
      const partition = partitions[index] ?? "";
      return [partition, isTaken(name) ? `${partition}-${name}` : name];
    }),
  );
}

function fileName(image: ResourceSource | undefined): string | undefined {
  const from = typeof image === "object" && "from" in image ? image.from : image;
  if (typeof from !== "string" && !(from instanceof URL)) return undefined;
  const path = from instanceof URL || isOnWeb(from) ? decodeURIComponent(new URL(from).pathname) : from;
  return /[^/\\]+$/.exec(path)?.[0];
}

/** The exporter fetches what is on the web by itself, a stream is gone when it was read, and not all can be unpacked. */
function canBeCompared(image: ResourceSource): boolean {
  if (image instanceof Uint8Array) return true;
  return (typeof image === "string" || image instanceof URL) && !isOnWeb(image);
}

function isOnWeb(location: string | URL): boolean {
  return /^https?:\/\//i.test(String(location));
}
