import {
  defineDriver,
  JumpstarterError,
  type CallOptions,
  type Remote,
  type ResourceSource,
} from "@jumpstarter-ts/core";
import {
  flasher,
  startOperation,
  type FlasherClient,
  type FlashOptions,
  type FlashReport,
  type Images,
  type TargetOptions,
} from "@jumpstarter-ts/driver-storage";

import { qemuFlasherContract } from "./flasher-contract.ts";

export interface FlashOciOptions extends Omit<CallOptions, "onProgress"> {
  /** `root`, `bios`, `OVMF_CODE.fd` or `OVMF_VARS.fd`. Default `root`. */
  readonly target?: string | undefined;
  /** For the registry. Default: what the exporter knows by itself. */
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** Told of what the exporter's tool says, as it says it. */
  readonly onOutput?: ((output: { readonly stdout: string; readonly stderr: string }) => void) | undefined;
}

export interface QemuFlasherClient extends FlasherClient {
  /** Has the exporter fetch an image from a container registry: `oci://quay.io/org/image:tag`. */
  flashOci(url: string, options?: FlashOciOptions): Promise<void>;
}

export const qemuFlasher = defineDriver({ contract: qemuFlasherContract, client: qemuFlasherClient });

function qemuFlasherClient(remote: Remote<typeof qemuFlasherContract>): QemuFlasherClient {
  const plain = flasher.client(remote);

  const flashOci: QemuFlasherClient["flashOci"] = async (url, options = {}) => {
    const { target, username, password, onOutput, ...call } = options;
    let said = "";
    let exitCode: number | undefined;
    for await (const item of remote.with(call).stream("flash_oci", url, target, username, password)) {
      const [stdout, stderr, code] = item;
      said = (said + stdout + stderr).slice(-4_096);
      onOutput?.({ stdout, stderr });
      exitCode = code ?? exitCode;
    }
    if (exitCode === 0) return;
    throw new JumpstarterError(
      `${remote.path} could not write ${url}: the exporter's tool ended with ${exitCode ?? "no exit code"}; it said ${JSON.stringify(said.slice(-300))}`,
      { code: "failed-precondition", reason: "QEMU_FLASH_FAILED" },
    );
  };

  const flash = (image: ResourceSource | Images, options: FlashOptions & TargetOptions = {}): unknown => {
    // The overload for one image; where it is given several, it is the other one.
    if (typeof image !== "string" || !image.startsWith("oci://")) return plain.flash(image as ResourceSource, options);
    const { target } = options;
    return startOperation(
      async ({ signal }): Promise<FlashReport> => {
        await flashOci(image, { signal, target });
        return { sha256: undefined, isSkipped: false, isVerified: false };
      },
      { signal: options.signal, what: `the flash of ${remote.path}` },
    );
  };
  // Both kinds of images go through one function here; what it returns is the overloads' own.
  return { ...plain, flash: flash as FlasherClient["flash"], flashOci };
}
