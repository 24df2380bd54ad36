import {
  defineDriver,
  isJumpstarterError,
  type CallOptions,
  type Remote,
  type ResourceSource,
} from "@jumpstarter-ts/core";
import {
  flasher,
  startOperation,
  type FlasherClient,
  type FlashOptions,
  type FlashProgress,
  type FlashReport,
  type Operation,
  type TargetOptions,
} from "@jumpstarter-ts/driver-storage";

import { piPicoContract } from "./contract.ts";

/** `flash` needs the board in its BOOTSEL mode; a target is the file's name on the volume. */
export interface PiPicoClient extends FlasherClient {
  /** Brings the board into its BOOTSEL mode, if it is not there; `unsupported` where only a hand can. */
  enterBootloader(options?: CallOptions): Promise<void>;
  /** What the volume's INFO_UF2.TXT says, by its own words: `Model`, `Board-ID`. Empty where there is none. */
  bootloaderInfo(options?: CallOptions): Promise<Readonly<Record<string, string>>>;
  /** Enters the BOOTSEL mode and flashes. A board that only a hand can bring there has to be there already. */
  program(image: ResourceSource, options?: FlashOptions & TargetOptions): Operation<FlashReport, FlashProgress>;
}

export const piPico = defineDriver({ contract: piPicoContract, client: piPicoClient });

function piPicoClient(remote: Remote<typeof piPicoContract>): PiPicoClient {
  const volume = flasher.client(remote);
  const enterBootloader: PiPicoClient["enterBootloader"] = (options = {}) =>
    remote.with(options).call("enter_bootloader");
  return {
    ...volume,
    enterBootloader,
    bootloaderInfo: (options = {}) => remote.with(options).call("bootloader_info"),
    program: (image, options = {}) =>
      startOperation(
        async (context) => {
          const { signal } = context;
          await enterBootloader({ signal }).catch(ifByHand);
          const flashing = volume.flash(image, { ...options, signal });
          for await (const progress of flashing) context.report(progress);
          return flashing;
        },
        { signal: options.signal, what: `the programming of ${remote.path}` },
      ),
  };
}

/** The board may be in its mode already: then the flash succeeds, and else it says so. */
function ifByHand(error: unknown): void {
  if (!isJumpstarterError(error) || error.code !== "unsupported") throw error;
}
