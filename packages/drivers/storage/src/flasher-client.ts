import { defineDriver, type Remote, type ResourceSink, type ResourceSource } from "@jumpstarter-ts/core";

import { digestOfDump } from "./digest.ts";
import { dumpInto, type DumpOptions, type DumpReport } from "./dump.ts";
import { flasherContract } from "./flasher-contract.ts";
import { flashImage, type FlashDevice, type FlashOptions, type FlashReport } from "./flash.ts";
import type { FlashProgress } from "./flash-progress.ts";
import { startOperation, type Operation } from "./operation.ts";
import { refuse } from "./storage-error.ts";

/** Images by the names of the targets that they are for. */
export type Images = Readonly<Record<string, ResourceSource>>;
/** What became of them, by the same names. */
export type FlashReports = Readonly<Record<string, FlashReport>>;

export interface TargetOptions {
  /** Which part of the device: a partition, a disk. Its default where it is left out. */
  readonly target?: string | undefined;
}

export interface FlasherClient {
  /** Writes an image to the device, or to one target of it. */
  flash(image: ResourceSource, options?: FlashOptions & TargetOptions): Operation<FlashReport, FlashProgress>;
  /** Writes images to several targets, one after the other, in the order of the record; ends with the first failure. */
  flash(images: Images, options?: FlashOptions): Operation<FlashReports, FlashProgress>;
  /** Reads the device, or one target of it, into a file or a stream. */
  dump(to: ResourceSink, options?: DumpOptions & TargetOptions): Operation<DumpReport, FlashProgress>;
}

export const flasher = defineDriver({ contract: flasherContract, client: flasherClient });

function flasherClient(remote: Remote<typeof flasherContract>): FlasherClient {
  const held = createHeldImages();

  const device = (target: string | undefined): FlashDevice => {
    const what = target === undefined ? remote.path : `${remote.path} (${target})`;
    return {
      what,
      attached: (_signal, work) => work(),
      write: (image, options) => remote.with(options).call("flash", image, target),
      readBack: (lengthBytes, options) =>
        digestOfDump((to, limits) => remote.with(limits).call("dump", to, target), lengthBytes, { ...options, what }),
      held: async () => held.of(target),
      remember: (sha256) => held.set(target, sha256),
    };
  };

  function flash(given: ResourceSource, options?: FlashOptions & TargetOptions): Operation<FlashReport, FlashProgress>;
  function flash(given: Images, options?: FlashOptions): Operation<FlashReports, FlashProgress>;
  function flash(
    given: ResourceSource | Images,
    { target, ...options }: FlashOptions & TargetOptions = {},
  ): Operation<FlashReport | FlashReports, FlashProgress> {
    return startOperation<FlashReport | FlashReports, FlashProgress>(
      async (context) => {
        if (!isImages(given)) return flashImage(device(target), given, options, context);
        if (target !== undefined) {
          throw refuse(
            `flash takes targets from its images, so that the target ${target} has no meaning`,
            "TARGET_TWICE",
          );
        }
        const reports: Record<string, FlashReport> = {};
        for (const [name, image] of Object.entries(given)) {
          const report = (progress: FlashProgress): void => context.report({ target: name, ...progress });
          reports[name] = await flashImage(device(name), image, options, { ...context, report });
        }
        return reports;
      },
      { signal: options.signal, what: `the flash of ${remote.path}` },
    );
  }

  return {
    flash,
    dump: (to, { target, ...options } = {}) =>
      startOperation(
        (context) =>
          dumpInto(
            to,
            (sink, limits) => remote.with(limits).call("dump", sink, target),
            { ...options, what: remote.path },
            context,
          ),
        { signal: options.signal, what: `the dump of ${remote.path}` },
      ),
  };
}

/** A record of images and not one image: plain, and without what marks an image with an encoding. */
export function isImages(given: ResourceSource | Images): given is Images {
  if (typeof given !== "object" || given instanceof Uint8Array || given instanceof URL) return false;
  if (Symbol.asyncIterator in given) return false;
  return !("from" in given && "encoding" in given && typeof given.encoding === "string" && isEncoding(given.encoding));
}

const isEncoding = (word: string): boolean => ["gzip", "xz", "bz2", "zstd"].includes(word);

/** What was flashed last, by target; the whole device and a part of it may overlap, so that each makes the other unknown. */
function createHeldImages(): {
  of(target: string | undefined): string | undefined;
  set(target: string | undefined, sha256: string | undefined): void;
} {
  const images = new Map<string | undefined, string>();
  return {
    of: (target) => images.get(target),
    set(target, sha256) {
      if (target === undefined) images.clear();
      else images.delete(undefined);
      if (sha256 === undefined) images.delete(target);
      else images.set(target, sha256);
    },
  };
}
