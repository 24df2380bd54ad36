import {
  defineDriver,
  isJumpstarterError,
  JumpstarterError,
  type CallOptions,
  type Remote,
} from "@jumpstarter-ts/core";
import type { SerialClient } from "@jumpstarter-ts/driver-serial";
import {
  startOperation,
  type FlashProgress,
  type Images,
  type Operation,
  type StorageClient,
} from "@jumpstarter-ts/driver-storage";

import { withPowerOff, type BoardPower } from "./board-power.ts";
import { rideSxContract } from "./contract.ts";
import { registryCredentials, type RegistryCredentials } from "./credentials.ts";
import { uploadImages } from "./upload.ts";

export interface FastbootOptions {
  readonly signal?: AbortSignal;
  /** False for a board that is in fastboot already. Default true. */
  readonly boot?: boolean;
}

export interface RideSxFlashOptions extends FastbootOptions {
  /** Switches the board off afterwards, on every path, where it has a `power`. Default true. */
  readonly powerOff?: boolean;
}

export interface OciFlashOptions extends RideSxFlashOptions {
  /** Which file of the image goes into which partition; without it the image itself says so. */
  readonly partitions?: Readonly<Record<string, string>>;
  /** Default: OCI_USERNAME and OCI_PASSWORD of this process's environment, if both are set. */
  readonly credentials?: RegistryCredentials;
}

export interface DetectOptions extends CallOptions {
  readonly maxAttempts?: number;
  readonly delayMs?: number;
}

export interface RideSxClient {
  /** The board's command console. */
  readonly serial: SerialClient;
  /** Where the exporter keeps images. */
  readonly storage: StorageClient;
  /** The board's power; undefined where the exporter has none for it. */
  readonly power: BoardPower | undefined;
  /** Brings the board into fastboot, uploads the images, writes them by partition, and starts the board. */
  flash(images: Images, options?: RideSxFlashOptions): Operation<void, FlashProgress>;
  /** Brings the board into fastboot and lets the exporter write an image of a registry; answers the tool's output. */
  flashOci(reference: `oci://${string}`, options?: OciFlashOptions): Promise<string>;
  /** Brings the board into fastboot and erases a partition; answers the tool's output. */
  erasePartition(partition: string, options?: FastbootOptions): Promise<string>;
  bootToFastboot(options?: CallOptions): Promise<void>;
  /** The board in fastboot; undefined where there is none after all attempts (5, 2 s apart). */
  detectFastbootDevice(options?: DetectOptions): Promise<string | undefined>;
}

export const rideSx = defineDriver({ contract: rideSxContract, client: rideSxClient });

function rideSxClient(remote: Remote<typeof rideSxContract>): RideSxClient {
  const bootToFastboot: RideSxClient["bootToFastboot"] = (options = {}) =>
    remote.with(options).call("boot_to_fastboot");
  const detectFastbootDevice: RideSxClient["detectFastbootDevice"] = async (options = {}) => {
    const { maxAttempts = 5, delayMs = 2_000, ...callOptions } = options;
    const found = await remote.with(callOptions).call("detect_fastboot_device", maxAttempts, delayMs / 1_000);
    return found.device_id ?? undefined;
  };
  const detected = async (options: CallOptions): Promise<string> => {
    const device = await detectFastbootDevice(options);
    if (device !== undefined) return device;
    throw new JumpstarterError(`${remote.path} has no board in fastboot: look at its console and its USB cable`, {
      code: "unavailable",
      reason: "RIDESX_NO_FASTBOOT_DEVICE",
    });
  };
  const outputOf = (what: string, { status, output }: { readonly status: string; readonly output: string }): string => {
    if (status === "success") return output;
    throw new JumpstarterError(`${what} on ${remote.path} ended with ${status}: ${output}`, {
      code: "unavailable",
      reason: "RIDESX_TOOL_FAILED",
    });
  };

  return {
    get serial() {
      return remote.children.serial;
    },
    get storage() {
      return remote.children.storage;
    },
    get power() {
      return powerOf(remote);
    },
    bootToFastboot,
    detectFastbootDevice,
    flash: (images, { boot = true, powerOff = true, signal: callerSignal } = {}) =>
      startOperation<void, FlashProgress>(
        async (context) => {
          const { signal } = context;
          const report = (progress: FlashProgress): void => context.report(progress);
          assertAny(images, remote.path);
          await withPowerOff(powerOff ? powerOf(remote) : undefined, async () => {
            if (boot) await bootToFastboot({ signal });
            const files = await uploadImages(remote.children.storage, images, { signal, report });
            const device = await detected({ signal });
            await remote.with({ signal }).call("flash_with_fastboot", device, files);
          });
        },
        { signal: callerSignal, what: `the flash of ${remote.path}` },
      ),
    flashOci: (reference, options = {}) => {
      const { partitions, credentials = registryCredentials(), boot = true, powerOff = true, ...limits } = options;
      return withPowerOff(powerOff ? powerOf(remote) : undefined, async () => {
        if (boot) await bootToFastboot(limits);
        await detected(limits);
        const { username, password } = credentials ?? {};
        const done = await remote.with(limits).call("flash_oci_image", reference, partitions, username, password);
        return outputOf(`the flash of ${reference}`, done);
      });
    },
    erasePartition: async (partition, { boot = true, ...limits } = {}) => {
      if (boot) await bootToFastboot(limits);
      const device = await detected(limits);
      const done = await remote.with(limits).call("erase_partition", device, partition);
      return outputOf(`the erasure of ${partition}`, done);
    },
  };
}

function assertAny(images: Images, path: string): void {
  if (Object.keys(images).length > 0) return;
  throw new JumpstarterError(`${path}.flash was given no image: name at least one partition`, {
    code: "invalid-argument",
    reason: "RIDESX_NO_IMAGES",
  });
}

function powerOf(remote: Remote<typeof rideSxContract>): BoardPower | undefined {
  try {
    return remote.children.power;
  } catch (error) {
    if (isJumpstarterError(error) && error.code === "not-found") return undefined;
    throw error;
  }
}
