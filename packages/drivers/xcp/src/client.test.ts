import { serve } from "@jumpstarter-ts/core";
import { serveDriver } from "@jumpstarter-ts/testkit";
import { describe, expect, it } from "vitest";

import { xcp } from "./client.ts";

/** An ECU that answers as Python's driver does, and notes what it was asked. */
async function openEcu() {
  const calls: unknown[] = [];
  function answering<T>(method: string, answer: T) {
    return (...args: unknown[]): T => {
      calls.push([method, ...args.slice(0, -1)]);
      return answer;
    };
  }
  const done = (method: string) => answering<void>(method, undefined);
  const served = await serveDriver(
    serve(xcp, {
      connect: answering("connect", {
        max_cto: 64,
        max_dto: 1_500,
        byte_order: "INTEL",
        supports_pgm: true,
        supports_stim: false,
        supports_daq: true,
        supports_calpag: true,
        protocol_layer_version: 1,
        transport_layer_version: 1,
        address_granularity: "BYTE",
        slave_block_mode: false,
      }),
      disconnect: done("disconnect"),
      get_id: answering("get_id", { id_type: 1, identifier: "demo-ecu" }),
      get_status: answering("get_status", {
        session_status: { daqRunning: false },
        resource_protection: { daq: true },
      }),
      unlock: answering("unlock", { daq: false }),
      upload: answering("upload", "Grüße"),
      download: done("download"),
      set_mta: done("set_mta"),
      build_checksum: answering("build_checksum", { checksum_type: 9, checksum_value: 0xdead_beef }),
      get_daq_info: answering("get_daq_info", {
        processor: { maxDaq: 2 },
        resolution: { timestampTicks: 1 },
        channels: [{ name: "10ms" }],
      }),
      free_daq: done("free_daq"),
      alloc_daq: done("alloc_daq"),
      alloc_odt: done("alloc_odt"),
      alloc_odt_entry: done("alloc_odt_entry"),
      set_daq_ptr: done("set_daq_ptr"),
      write_daq: done("write_daq"),
      set_daq_list_mode: done("set_daq_list_mode"),
      start_stop_daq_list: done("start_stop_daq_list"),
      start_stop_synch: done("start_stop_synch"),
      program_start: answering("program_start", {
        comm_mode_pgm: 0,
        max_cto_pgm: 64,
        max_bs_pgm: 1,
        min_st_pgm: 0,
        queue_size_pgm: 0,
      }),
      program_clear: done("program_clear"),
      program: done("program"),
      program_reset: done("program_reset"),
    }),
    { definition: xcp },
  );
  return { client: served.client, calls, [Symbol.asyncDispose]: () => served[Symbol.asyncDispose]() };
}

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

describe("an ECU over XCP", () => {
  it("tells at the connection what it can", async () => {
    await using ecu = await openEcu();
    await expect(ecu.client.connect()).resolves.toEqual({
      maxCto: 64,
      maxDto: 1_500,
      byteOrder: "INTEL",
      supportsPgm: true,
      supportsStim: false,
      supportsDaq: true,
      supportsCalpag: true,
      protocolLayerVersion: 1,
      transportLayerVersion: 1,
      addressGranularity: "BYTE",
      slaveBlockMode: false,
    });
    await expect(ecu.client.identifier()).resolves.toBe("demo-ecu");
    await expect(ecu.client.status()).resolves.toEqual({
      session: { daqRunning: false },
      protection: { daq: true },
    });
    await ecu.client.connect({ mode: 1 });
    await ecu.client.disconnect();
    expect(ecu.calls).toEqual([["connect", 0], ["get_id", 1], ["get_status"], ["connect", 1], ["disconnect"]]);
  });

  it("is unlocked, all of it unless told otherwise", async () => {
    await using ecu = await openEcu();
    await expect(ecu.client.unlock()).resolves.toEqual({ daq: false });
    await ecu.client.unlock({ resources: ["daq"] });
    expect(ecu.calls).toEqual([
      ["unlock", undefined],
      ["unlock", ["daq"]],
    ]);
  });

  it("gives and takes memory", async () => {
    await using ecu = await openEcu();
    await expect(ecu.client.upload(7, { address: 0x1000 })).resolves.toEqual(bytesOf("Grüße"));
    await ecu.client.download(bytesOf("Grüße"), { address: 0x2000, extension: 1 });
    await ecu.client.setMta({ address: 0x3000 });
    await expect(ecu.client.buildChecksum(256)).resolves.toEqual({ type: 9, value: 0xdead_beef });
    expect(ecu.calls).toEqual([
      ["upload", 7, 0x1000, 0],
      ["download", 0x2000, "Grüße", 1],
      ["set_mta", 0x3000, 0],
      ["build_checksum", 256],
    ]);
  });

  it("is not sent bytes that the wire would spoil", async () => {
    await using ecu = await openEcu();
    const binary = new Uint8Array([0xff, 0x00]);
    const unsupported = { code: "unsupported", reason: "XCP_BYTES_UNSUPPORTED" };
    await expect(ecu.client.download(binary, { address: 0 })).rejects.toMatchObject(unsupported);
    await expect(ecu.client.program(binary)).rejects.toMatchObject(unsupported);
    expect(ecu.calls).toEqual([]);
  });

  it("is told what to measure and when", async () => {
    await using ecu = await openEcu();
    const { daq } = ecu.client;
    await expect(daq.info()).resolves.toEqual({
      processor: { maxDaq: 2 },
      resolution: { timestampTicks: 1 },
      channels: [{ name: "10ms" }],
    });
    await daq.free();
    await daq.allocLists(1);
    await daq.allocOdts({ daqList: 0, count: 2 });
    await daq.allocEntries({ daqList: 0, odt: 1, count: 3 });
    await daq.setPointer({ daqList: 0, odt: 1, entry: 2 });
    await daq.write({ address: 0x1000, sizeBytes: 4 });
    await daq.setListMode({ daqList: 0, event: 5 });
    await daq.selectList(0);
    await daq.startSelected();
    await daq.stopSelected();
    await daq.startList(0);
    await daq.stopList(0);
    await daq.stopAll();
    expect(ecu.calls.slice(1)).toEqual([
      ["free_daq"],
      ["alloc_daq", 1],
      ["alloc_odt", 0, 2],
      ["alloc_odt_entry", 0, 1, 3],
      ["set_daq_ptr", 0, 1, 2],
      ["write_daq", 0xff, 4, 0, 0x1000],
      ["set_daq_list_mode", 0, 0, 5, 1, 0],
      ["start_stop_daq_list", 2, 0],
      ["start_stop_synch", 1],
      ["start_stop_synch", 2],
      ["start_stop_daq_list", 1, 0],
      ["start_stop_daq_list", 0, 0],
      ["start_stop_synch", 0],
    ]);
  });

  it("is programmed", async () => {
    await using ecu = await openEcu();
    await expect(ecu.client.programStart()).resolves.toMatchObject({ maxCtoPgm: 64 });
    await ecu.client.programClear(4_096);
    await ecu.client.program(bytesOf("AB"));
    await ecu.client.programReset();
    expect(ecu.calls).toEqual([
      ["program_start"],
      ["program_clear", 4_096, 0],
      ["program", "AB", 0],
      ["program_reset"],
    ]);
  });
});
