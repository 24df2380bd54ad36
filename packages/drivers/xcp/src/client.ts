import { defineDriver, type CallOptions, type Remote } from "@jumpstarter-ts/core";

import { bytesOf, textOf } from "./bytes-as-text.ts";
import { xcpContract } from "./contract.ts";
import { createDaq, type XcpDaq } from "./daq.ts";
import type { XcpChecksum, XcpConnection, XcpProgramming, XcpStatus } from "./results.ts";

export interface XcpAddress extends CallOptions {
  readonly address: number;
  /** Default 0. */
  readonly extension?: number;
}

export interface XcpProgramOptions extends CallOptions {
  /** Elements in the block that follows; 0, the default, leaves that to the driver. */
  readonly blockLength?: number;
}

/** Measurement and calibration of an ECU (ASAM XCP). `connect` comes first. */
export interface XcpClient {
  /** Mode 0, the default, is the normal one; 1 is the ECU's own. */
  connect(options?: CallOptions & { readonly mode?: number }): Promise<XcpConnection>;
  disconnect(options?: CallOptions): Promise<void>;
  /** Default 1: the name of the description file without its path. */
  identifier(options?: CallOptions & { readonly idType?: number }): Promise<string>;
  status(options?: CallOptions): Promise<XcpStatus>;
  /** Unlocks some resources (`daq`, `calpag` …), or all that are locked. Answers what is locked now. */
  unlock(
    options?: CallOptions & { readonly resources?: readonly string[] },
  ): Promise<Readonly<Record<string, boolean>>>;
  /** Reads memory of the ECU. Upstream's driver fails on bytes that are not valid UTF-8. */
  upload(lengthBytes: number, from: XcpAddress): Promise<Uint8Array>;
  /** Writes memory of the ECU. Rejects with `unsupported` for bytes that are not valid UTF-8. */
  download(data: Uint8Array, to: XcpAddress): Promise<void>;
  /** Sets where checksums and programming begin. */
  setMta(to: XcpAddress): Promise<void>;
  buildChecksum(blockBytes: number, options?: CallOptions): Promise<XcpChecksum>;
  /** Measurement. */
  readonly daq: XcpDaq;
  programStart(options?: CallOptions): Promise<XcpProgramming>;
  programClear(rangeBytes: number, options?: CallOptions & { readonly mode?: number }): Promise<void>;
  program(data: Uint8Array, options?: XcpProgramOptions): Promise<void>;
  programReset(options?: CallOptions): Promise<void>;
}

export const xcp = defineDriver({ contract: xcpContract, client: xcpClient });

function xcpClient(remote: Remote<typeof xcpContract>): XcpClient {
  return {
    connect: ({ mode = 0, ...options } = {}) => remote.with(options).call("connect", mode),
    disconnect: (options = {}) => remote.with(options).call("disconnect"),
    async identifier({ idType = 1, ...options } = {}) {
      const { identifier } = await remote.with(options).call("get_id", idType);
      return identifier;
    },
    status: (options = {}) => remote.with(options).call("get_status"),
    unlock: ({ resources, ...options } = {}) =>
      remote.with(options).call("unlock", resources === undefined ? undefined : [...resources]),
    async upload(lengthBytes, { address, extension = 0, ...options }) {
      return bytesOf(await remote.with(options).call("upload", lengthBytes, address, extension));
    },
    async download(data, { address, extension = 0, ...options }) {
      await remote.with(options).call("download", address, textOf(data, `${remote.path}.download`), extension);
    },
    setMta: ({ address, extension = 0, ...options }) => remote.with(options).call("set_mta", address, extension),
    buildChecksum: (blockBytes, options = {}) => remote.with(options).call("build_checksum", blockBytes),
    daq: createDaq(remote),
    programStart: (options = {}) => remote.with(options).call("program_start"),
    programClear: (rangeBytes, { mode = 0, ...options } = {}) =>
      remote.with(options).call("program_clear", rangeBytes, mode),
    async program(data, { blockLength = 0, ...options } = {}) {
      await remote.with(options).call("program", textOf(data, `${remote.path}.program`), blockLength);
    },
    programReset: (options = {}) => remote.with(options).call("program_reset"),
  };
}
