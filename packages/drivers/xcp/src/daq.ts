import type { CallOptions, Remote } from "@jumpstarter-ts/core";

import type { xcpContract } from "./contract.ts";
import type { XcpDaqInfo } from "./results.ts";

export interface XcpDaqEntry extends CallOptions {
  readonly daqList: number;
  readonly odt: number;
  readonly entry: number;
}

export interface XcpDaqElement extends CallOptions {
  readonly address: number;
  readonly sizeBytes: number;
  /** Default 0. */
  readonly extension?: number;
  /** Default 0xff: no single bit. */
  readonly bitOffset?: number;
}

export interface XcpDaqListMode extends CallOptions {
  readonly daqList: number;
  /** Bits of the standard: 0x02 a direction, 0x10 timestamps, 0x20 no identifier. Default 0. */
  readonly mode?: number;
  readonly event: number;
  /** Default 1: every event. */
  readonly prescaler?: number;
  /** Default 0. */
  readonly priority?: number;
}

/** Lists of what the ECU sends at its events: lists have tables (ODT), tables have entries. */
export interface XcpDaq {
  info(options?: CallOptions): Promise<XcpDaqInfo>;
  /** Gives up all lists; begin with it. */
  free(options?: CallOptions): Promise<void>;
  allocLists(count: number, options?: CallOptions): Promise<void>;
  allocOdts(where: CallOptions & { readonly daqList: number; readonly count: number }): Promise<void>;
  allocEntries(
    where: CallOptions & { readonly daqList: number; readonly odt: number; readonly count: number },
  ): Promise<void>;
  /** Points at the entry that the next `write` fills. */
  setPointer(entry: XcpDaqEntry): Promise<void>;
  write(element: XcpDaqElement): Promise<void>;
  setListMode(mode: XcpDaqListMode): Promise<void>;
  stopList(daqList: number, options?: CallOptions): Promise<void>;
  startList(daqList: number, options?: CallOptions): Promise<void>;
  selectList(daqList: number, options?: CallOptions): Promise<void>;
  stopAll(options?: CallOptions): Promise<void>;
  startSelected(options?: CallOptions): Promise<void>;
  stopSelected(options?: CallOptions): Promise<void>;
}

export function createDaq(remote: Remote<typeof xcpContract>): XcpDaq {
  const list =
    (mode: 0 | 1 | 2) =>
    (daqList: number, options: CallOptions = {}): Promise<void> =>
      remote.with(options).call("start_stop_daq_list", mode, daqList);
  const together =
    (mode: 0 | 1 | 2) =>
    (options: CallOptions = {}): Promise<void> =>
      remote.with(options).call("start_stop_synch", mode);
  return {
    info: (options = {}) => remote.with(options).call("get_daq_info"),
    free: (options = {}) => remote.with(options).call("free_daq"),
    allocLists: (count, options = {}) => remote.with(options).call("alloc_daq", count),
    allocOdts: ({ daqList, count, ...options }) => remote.with(options).call("alloc_odt", daqList, count),
    allocEntries: ({ daqList, odt, count, ...options }) =>
      remote.with(options).call("alloc_odt_entry", daqList, odt, count),
    setPointer: ({ daqList, odt, entry, ...options }) => remote.with(options).call("set_daq_ptr", daqList, odt, entry),
    write: ({ address, sizeBytes, extension = 0, bitOffset = 0xff, ...options }) =>
      remote.with(options).call("write_daq", bitOffset, sizeBytes, extension, address),
    setListMode: ({ daqList, mode = 0, event, prescaler = 1, priority = 0, ...options }) =>
      remote.with(options).call("set_daq_list_mode", mode, daqList, event, prescaler, priority),
    stopList: list(0),
    startList: list(1),
    selectList: list(2),
    stopAll: together(0),
    startSelected: together(1),
    stopSelected: together(2),
  };
}
