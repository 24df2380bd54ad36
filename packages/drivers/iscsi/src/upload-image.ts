import type { ResourceSource } from "@jumpstarter-ts/core";
import { startOperation, type FlashProgress, type Operation } from "@jumpstarter-ts/driver-storage";

import type { CompressionAlgorithm, IscsiClient } from "./client.ts";

export interface UploadImageOptions {
  /** MiB of the disk. Default: the size of the image, rounded up. */
  readonly sizeMib?: number;
  /** Uploads also what the storage holds already. Default false. */
  readonly forceUpload?: boolean;
  readonly signal?: AbortSignal;
}

export function uploadImage(
  server: IscsiClient,
  name: string,
  image: ResourceSource,
  options: UploadImageOptions,
): Operation<string, FlashProgress> {
  const { storage } = server;
  const { forceUpload = false, signal: callerSignal } = options;
  const file = `${name}.img`;
  return startOperation<string, FlashProgress>(
    async (context) => {
      const { signal } = context;
      const write = async (path: string, onlyIfChanged: boolean): Promise<void> => {
        const writing = storage.writeFromPath(path, image, { onlyIfChanged, signal });
        for await (const progress of writing) context.report(progress);
        await writing;
      };
      const algorithm = algorithmOf(image);
      if (algorithm === undefined) await write(file, !forceUpload && canBeCompared(image));
      else {
        const packed = `${file}.${algorithm}`;
        await write(packed, false);
        await server.decompress(packed, file, { algorithm, signal });
        await storage.delete(packed, { signal });
      }
      const sizeMib = options.sizeMib ?? mibOf((await storage.stat(file, { signal })).contentLength);
      await server.addLun(name, file, { sizeMib, signal });
      return server.getTargetIqn({ signal });
    },
    { signal: callerSignal, what: `the upload of ${name}` },
  );
}

/** Rounded up, because what is beyond the end of a disk is lost. */
function mibOf(lengthBytes: number): number {
  return Math.max(1, Math.ceil(lengthBytes / 1024 ** 2));
}

function algorithmOf(image: ResourceSource): CompressionAlgorithm | undefined {
  const path = image instanceof URL || isOnWeb(image) ? new URL(image).pathname : image;
  if (typeof path !== "string") return undefined;
  if (path.endsWith(".gz")) return "gz";
  if (path.endsWith(".xz")) return "xz";
  return path.endsWith(".bz2") ? "bz2" : undefined;
}

/** The exporter fetches what is on the web by itself, a stream is gone when it was read, and not all can be unpacked. */
function canBeCompared(image: ResourceSource): boolean {
  if (image instanceof Uint8Array) return true;
  return (typeof image === "string" || image instanceof URL) && !isOnWeb(image);
}

function isOnWeb(image: ResourceSource): image is string | URL {
  return (typeof image === "string" || image instanceof URL) && /^https?:\/\//i.test(String(image));
}
