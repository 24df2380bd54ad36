import {
  defineDriver,
  type CallOptions,
  type Remote,
  type ResourceSink,
  type ResourceSource,
} from "@jumpstarter-ts/core";
import {
  flasher,
  type DumpOptions,
  type DumpReport,
  type FlashOptions,
  type FlashProgress,
  type FlashReport,
  type Operation,
  type TargetOptions,
} from "@jumpstarter-ts/driver-storage";

import { stlinkMsdContract } from "./contract.ts";

export interface StlinkMsdFlasherClient {
  /**
   * Writes a firmware to the board's volume. The target is the file's name there, whose ending (`.bin` or `.hex`) says
   * what is in it; where it is left out, it is the name of the image's file or URL.
   */
  flash(image: ResourceSource, options?: FlashOptions & TargetOptions): Operation<FlashReport, FlashProgress>;
  /** The volume gives nothing back: `unsupported`. */
  dump(to: ResourceSink, options?: DumpOptions & TargetOptions): Operation<DumpReport, FlashProgress>;
  /** What the volume's DETAILS.TXT says, by its own words, and `mount_point`. */
  info(options?: CallOptions): Promise<Readonly<Record<string, string>>>;
}

export const stlinkMsd = defineDriver({
  contract: stlinkMsdContract,
  client: (remote: Remote<typeof stlinkMsdContract>): StlinkMsdFlasherClient => {
    const volume = flasher.client(remote);
    return {
      flash: (image, { target = fileNameOf(image), ...options } = {}) => volume.flash(image, { ...options, target }),
      dump: (to, options) => volume.dump(to, options),
      info: (options = {}) => remote.with(options).call("info"),
    };
  },
});

/** The driver takes a nameless firmware for a `.bin`, which the text of a `.hex` is not. */
function fileNameOf(image: ResourceSource): string | undefined {
  const from = typeof image === "object" && "from" in image ? image.from : image;
  const path = from instanceof URL ? from.pathname : from;
  if (typeof path !== "string") return undefined;
  return /[^/\\]+\.(?:bin|hex)(?=$|[?#]|\.(?:gz|xz|bz2|zst)$)/i.exec(path)?.[0];
}
