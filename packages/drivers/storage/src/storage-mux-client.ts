import {
  defineDriver,
  JumpstarterError,
  messageOf,
  type CallOptions,
  type Remote,
  type ResourceSink,
  type ResourceSource,
} from "@jumpstarter-ts/core";

import { digestOfDump } from "./digest.ts";
import { dumpInto, type DumpOptions, type DumpReport } from "./dump.ts";
import { flashImage, type FlashDevice, type FlashOptions, type FlashReport } from "./flash.ts";
import type { FlashProgress } from "./flash-progress.ts";
import { startOperation, type Operation } from "./operation.ts";
import { storageMuxContract, storageMuxFlasherContract } from "./storage-mux-contract.ts";

export interface StorageMuxClient {
  /** Connects the storage to the exporter's machine. */
  host(options?: CallOptions): Promise<void>;
  /** Connects the storage to the device under test. */
  dut(options?: CallOptions): Promise<void>;
  /** Connects it to neither. */
  off(options?: CallOptions): Promise<void>;
  /** Writes from the start of the storage; it has to be connected to the host. */
  write(image: ResourceSource, options?: CallOptions): Promise<void>;
  /** Reads the whole storage. */
  read(to: ResourceSink, options?: CallOptions): Promise<void>;
  writeFile(image: ResourceSource, options?: CallOptions): Promise<void>;
  readFile(to: ResourceSink, options?: CallOptions): Promise<void>;
  writeLocalFile(path: string, options?: CallOptions): Promise<void>;
  readLocalFile(path: string, options?: CallOptions): Promise<void>;
}

export interface StorageMuxFlasherClient extends StorageMuxClient {
  /** To the host, write, and back to the device under test, on every path. */
  flash(image: ResourceSource, options?: FlashOptions): Operation<FlashReport, FlashProgress>;
  /** To the host, read, and back to the device under test, on every path. */
  dump(to: ResourceSink, options?: DumpOptions): Operation<DumpReport, FlashProgress>;
}

export const storageMux = defineDriver({ contract: storageMuxContract, client: muxClient });
export const storageMuxFlasher = defineDriver({ contract: storageMuxFlasherContract, client: muxFlasherClient });

/** Both muxes have the same methods. */
type MuxRemote = Remote<typeof storageMuxContract>;

function muxClient(remote: MuxRemote): StorageMuxClient {
  const write: StorageMuxClient["write"] = (image, options = {}) => remote.with(options).call("write", image);
  const read: StorageMuxClient["read"] = (to, options = {}) => remote.with(options).call("read", to);
  return {
    host: (options = {}) => remote.with(options).call("host"),
    dut: (options = {}) => remote.with(options).call("dut"),
    off: (options = {}) => remote.with(options).call("off"),
    write,
    read,
    writeFile: write,
    readFile: read,
    writeLocalFile: write,
    readLocalFile: read,
  };
}

function muxFlasherClient(remote: Remote<typeof storageMuxFlasherContract>): StorageMuxFlasherClient {
  const mux = muxClient(remote);
  let held: string | undefined;

  const device: FlashDevice = {
    what: remote.path,
    attached: (signal, work) => onHost(mux, signal, work),
    write: (image, options) => mux.write(image, options),
    readBack: (lengthBytes, options) =>
      digestOfDump((to, limits) => mux.read(to, limits), lengthBytes, { ...options, what: remote.path }),
    held: async () => held,
    remember: (sha256) => void (held = sha256),
  };

  return {
    ...mux,
    flash: (image, options = {}) =>
      startOperation((context) => flashImage(device, image, options, context), {
        signal: options.signal,
        what: `the flash of ${remote.path}`,
      }),
    dump: (to, options = {}) =>
      startOperation(
        (context) =>
          onHost(mux, context.signal, () =>
            dumpInto(to, (sink, limits) => mux.read(sink, limits), { ...options, what: remote.path }, context),
          ),
        { signal: options.signal, what: `the dump of ${remote.path}` },
      ),
  };
}

/** The device under test gets its storage back whatever happened, even if the work was cancelled. */
async function onHost<T>(mux: StorageMuxClient, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  const giveBack = (): Promise<void> => mux.dut({ timeoutMs: giveBackMs });
  let result: T;
  try {
    await mux.host({ signal });
    result = await work();
  } catch (error) {
    await giveBack().catch((cause: unknown) => {
      throw new JumpstarterError(
        `${messageOf(error)}; and the storage could not be given back to the device: ${messageOf(cause)}`,
        { code: "failed-precondition", reason: "MUX_STUCK", cause: error },
      );
    });
    throw error;
  }
  await giveBack();
  return result;
}

const giveBackMs = 60_000;
