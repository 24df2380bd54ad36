import { z } from "zod";

const flag = z.boolean().default(false);
const count = z.number().default(0);

export interface XcpConnection {
  /** Longest command and answer, in bytes. */
  readonly maxCto: number;
  /** Longest data message, in bytes. */
  readonly maxDto: number;
  /** As pyxcp names it: `INTEL` is little-endian. */
  readonly byteOrder: string;
  readonly supportsPgm: boolean;
  readonly supportsStim: boolean;
  readonly supportsDaq: boolean;
  readonly supportsCalpag: boolean;
  readonly protocolLayerVersion: number;
  readonly transportLayerVersion: number;
  readonly addressGranularity: string;
  readonly slaveBlockMode: boolean;
}

export const connection = z
  .object({
    max_cto: z.number(),
    max_dto: z.number(),
    byte_order: z.string(),
    supports_pgm: flag,
    supports_stim: flag,
    supports_daq: flag,
    supports_calpag: flag,
    protocol_layer_version: count,
    transport_layer_version: count,
    address_granularity: z.string().default(""),
    slave_block_mode: flag,
  })
  .transform((wire): XcpConnection => ({
    maxCto: wire.max_cto,
    maxDto: wire.max_dto,
    byteOrder: wire.byte_order,
    supportsPgm: wire.supports_pgm,
    supportsStim: wire.supports_stim,
    supportsDaq: wire.supports_daq,
    supportsCalpag: wire.supports_calpag,
    protocolLayerVersion: wire.protocol_layer_version,
    transportLayerVersion: wire.transport_layer_version,
    addressGranularity: wire.address_granularity,
    slaveBlockMode: wire.slave_block_mode,
  }));

const anything = z.record(z.string(), z.unknown()).default({});
export const protection = z.record(z.string(), z.boolean());

export interface XcpStatus {
  /** As pyxcp names it. */
  readonly session: Readonly<Record<string, unknown>>;
  /** True for a resource that a key has to unlock: `calpag`, `daq`, `stim`, `pgm`. */
  readonly protection: Readonly<Record<string, boolean>>;
}

export const status = z
  .object({ session_status: anything, resource_protection: protection.default({}) })
  .transform((wire): XcpStatus => ({ session: wire.session_status, protection: wire.resource_protection }));

export interface XcpDaqInfo {
  /** As pyxcp names it, like the other two. */
  readonly processor: Readonly<Record<string, unknown>>;
  readonly resolution: Readonly<Record<string, unknown>>;
  readonly channels: readonly Readonly<Record<string, unknown>>[];
}

export const daqInfo = z
  .object({
    processor: anything,
    resolution: anything,
    channels: z.array(z.record(z.string(), z.unknown())).default([]),
  })
  .transform((wire): XcpDaqInfo => wire);

export interface XcpChecksum {
  /** 1 to 9 as in the standard; 9 is a CRC of 32 bits. */
  readonly type: number;
  readonly value: number;
}

export const checksum = z
  .object({ checksum_type: z.number(), checksum_value: z.number() })
  .transform((wire): XcpChecksum => ({ type: wire.checksum_type, value: wire.checksum_value }));

export interface XcpProgramming {
  readonly commModePgm: number;
  readonly maxCtoPgm: number;
  readonly maxBsPgm: number;
  readonly minStPgm: number;
  readonly queueSizePgm: number;
}

export const programming = z
  .object({
    comm_mode_pgm: count,
    max_cto_pgm: count,
    max_bs_pgm: count,
    min_st_pgm: count,
    queue_size_pgm: count,
  })
  .transform((wire): XcpProgramming => ({
    commModePgm: wire.comm_mode_pgm,
    maxCtoPgm: wire.max_cto_pgm,
    maxBsPgm: wire.max_bs_pgm,
    minStPgm: wire.min_st_pgm,
    queueSizePgm: wire.queue_size_pgm,
  }));
