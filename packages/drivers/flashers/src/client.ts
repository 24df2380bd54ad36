import { createScope, defineDriver, type CallOptions, type Remote } from "@jumpstarter-ts/core";
import type { HttpClient } from "@jumpstarter-ts/driver-http";
import type { PowerClient } from "@jumpstarter-ts/driver-power";
import type { SerialClient } from "@jumpstarter-ts/driver-serial";
import { startOperation, type Operation } from "@jumpstarter-ts/driver-storage";
import type { TftpClient } from "@jumpstarter-ts/driver-tftp";
import type { UbootClient, UbootConsole } from "@jumpstarter-ts/driver-uboot";

import { networkFlasherContract } from "./contract.ts";
import {
  flashOverNetwork,
  type NetworkFlashOptions,
  type NetworkFlashProgress,
  type NetworkFlashReport,
} from "./flash.ts";
import { bootHelperSystem, type BootOptions, type HelperSystem } from "./helper-system.ts";
import { parseManifest, type FlasherManifest } from "./manifest.ts";

export interface NetworkFlasherClient {
  readonly serial: SerialClient;
  readonly power: PowerClient;
  readonly tftp: TftpClient;
  readonly http: HttpClient;
  readonly uboot: UbootClient;
  /**
   * Writes an image to the board: a local file, an `http(s)://` URL that the board fetches, or `oci://`. Boots a helper
   * system over the network for it, and starts anew after failures that may pass.
   */
  flash(image: string, options?: NetworkFlashOptions): Operation<NetworkFlashReport, NetworkFlashProgress>;
  /** The shell of the helper system; the servers that it was booted from run until this is disposed of. */
  busyboxShell(options?: BootOptions): Promise<HelperSystem & AsyncDisposable>;
  /** U-Boot's prompt, with the bundle set up and the servers running until this is disposed of. */
  bootloaderShell(options?: BootOptions): Promise<UbootConsole & AsyncDisposable>;
  /** Fetches the bundle, once a session, and puts its files where the board finds them. */
  setupBundle(bundle?: string, options?: CallOptions): Promise<void>;
  useDtbVariant(variant: string, options?: CallOptions): Promise<void>;
  manifest(options?: CallOptions): Promise<FlasherManifest>;
  defaultTarget(options?: CallOptions): Promise<string | undefined>;
}

export const networkFlasher = defineDriver({
  contract: networkFlasherContract,
  client: networkFlasherClient,
  safeState: (client) => client.power.off(),
  commands: async () => (await import("./commands.ts")).flasherCommands,
});

function networkFlasherClient(remote: Remote<typeof networkFlasherContract>): NetworkFlasherClient {
  const { children } = remote;
  const setupBundle: NetworkFlasherClient["setupBundle"] = (bundle, options = {}) =>
    remote.with(options).call("setup_flasher_bundle", bundle);
  const manifest: NetworkFlasherClient["manifest"] = async (options = {}) =>
    parseManifest(await remote.with(options).call("get_flasher_manifest_yaml"), remote.path);

  /** Does the work with the servers running, and keeps them running for what it gives. */
  const served = async <T extends object>(
    { signal }: BootOptions,
    work: (limits: CallOptions) => Promise<T>,
  ): Promise<T & AsyncDisposable> => {
    const limits = signal === undefined ? {} : { signal };
    const scope = createScope(`the servers of ${remote.path}`);
    try {
      await setupBundle(undefined, limits);
      scope.use(await children.http.serve(limits), { what: "stop the web server" });
      scope.use(await children.tftp.serve(limits), { what: "stop the TFTP server" });
      return { ...(await work(limits)), [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose]() };
    } catch (error) {
      await scope.close();
      throw error;
    }
  };

  return {
    get serial() {
      return children.serial;
    },
    get power() {
      return children.power;
    },
    get tftp() {
      return children.tftp;
    },
    get http() {
      return children.http;
    },
    get uboot() {
      return children.uboot;
    },
    setupBundle,
    manifest,
    useDtbVariant: (variant, options = {}) => remote.with(options).call("use_dtb_variant", variant),
    defaultTarget: async (options = {}) => (await remote.with(options).call("get_default_target")) ?? undefined,
    flash: (image, options = {}) =>
      startOperation((context) => flashOverNetwork(remote, image, options, context), {
        signal: options.signal,
        what: `the flash of ${remote.path}`,
      }),
    busyboxShell: (options = {}) =>
      served(options, async (limits) => bootHelperSystem(remote, await manifest(limits), options)),
    bootloaderShell: (options = {}) =>
      served(options, ({ signal }) =>
        children.uboot.rebootToConsole({
          ...(signal === undefined ? {} : { signal }),
          ...(options.offForMs === undefined ? {} : { offForMs: options.offForMs }),
        }),
      ),
  };
}
