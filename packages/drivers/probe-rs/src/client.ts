import {
  defineDriver,
  JumpstarterError,
  type CallOptions,
  type Remote,
  type ResourceSource,
} from "@jumpstarter-ts/core";

import { probeRsContract } from "./contract.ts";

export interface ReadMemoryOptions<Bits extends 8 | 16 | 32 | 64> extends CallOptions {
  /** Where the first word is. A `bigint` for an address above 2^53. */
  readonly address: number | bigint;
  readonly widthBits: Bits;
  /** How many words to read. Default 1. */
  readonly words?: number;
}

/**
 * What answers a text answers what the tool printed, for people to read. A Python driver answers an empty text also
 * where the tool failed.
 */
export interface ProbeRsClient {
  info(options?: CallOptions): Promise<string>;
  reset(options?: CallOptions): Promise<string>;
  /** Erases the target's flash. */
  erase(options?: CallOptions): Promise<string>;
  /** Writes a firmware (ELF) into the target's flash. */
  download(firmware: ResourceSource, options?: CallOptions): Promise<string>;
  /** Words of the target's memory; those of 64 bits as `bigint`, because a number cannot hold them. */
  read(options: ReadMemoryOptions<8 | 16 | 32>): Promise<readonly number[]>;
  read(options: ReadMemoryOptions<64>): Promise<readonly bigint[]>;
}

export const probeRs = defineDriver({ contract: probeRsContract, client: probeRsClient });

function probeRsClient(remote: Remote<typeof probeRsContract>): ProbeRsClient {
  async function read(options: ReadMemoryOptions<8 | 16 | 32>): Promise<readonly number[]>;
  async function read(options: ReadMemoryOptions<64>): Promise<readonly bigint[]>;
  async function read(
    options: ReadMemoryOptions<8 | 16 | 32> | ReadMemoryOptions<64>,
  ): Promise<readonly number[] | readonly bigint[]> {
    const { address, widthBits, words = 1, ...callOptions } = options;
    const place = `0x${address.toString(16)}`;
    const answer = await remote.with(callOptions).call("read", `b${widthBits}`, place, String(words));
    const digits = answer.map((word) => word.replace(/^0x/i, "")).filter((word) => word !== "");
    if (digits.length !== words) throw readFailed(remote.path, place, words, digits.length);
    const values = digits.map((word) => BigInt(`0x${word}`));
    return widthBits === 64 ? values : values.map(Number);
  }
  return {
    info: (options = {}) => remote.with(options).call("info"),
    reset: (options = {}) => remote.with(options).call("reset_target"),
    erase: (options = {}) => remote.with(options).call("erase"),
    download: (firmware, options = {}) => remote.with(options).call("download", firmware),
    read,
  };
}

/** The count is all that tells a read that failed in a Python driver. */
function readFailed(path: string, place: string, words: number, answered: number): JumpstarterError {
  return new JumpstarterError(
    `${path}.read answered ${answered} of ${words} words at ${place}: look at the exporter's log for what the probe said`,
    { code: "unavailable", reason: "PROBE_RS_READ_FAILED" },
  );
}
