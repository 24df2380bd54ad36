import { serve } from "@jumpstarter-ts/core";
import { serveDriver } from "@jumpstarter-ts/testkit";
import { describe, expect, it } from "vitest";

import { uds } from "./client.ts";

/** An ECU that agrees to everything with what Python's driver answers, and notes what it was asked. */
async function openEcu() {
  const calls: unknown[] = [];
  function answering<T>(method: string, answer: T) {
    return (...args: unknown[]): T => {
      calls.push([method, ...args.slice(0, -1)]);
      return answer;
    };
  }
  const agreed = { success: true, nrc: null, nrc_name: null };
  const routine = { routine_id: 0x203, control_type: "startRoutine", status_record: "10", ...agreed };
  const served = await serveDriver(
    serve(uds, {
      change_session: answering("change_session", {
        service: "DiagnosticSessionControl",
        data: "003201f4",
        ...agreed,
      }),
      ecu_reset: answering("ecu_reset", {
        service: "ECUReset",
        success: false,
        data: null,
        nrc: 0x22,
        nrc_name: "ConditionsNotCorrect",
      }),
      tester_present: answering("tester_present", undefined),
      read_data_by_identifier: answering("read_data_by_identifier", [
        { did: 0xf190, value: "574241" },
        { did: 1, value: 12.5 },
        { did: 2, value: null },
      ]),
      write_data_by_identifier: answering("write", { service: "WriteDataByIdentifier", data: "f190", ...agreed }),
      request_seed: answering("request_seed", { seed: "a1b2", ...agreed }),
      send_key: answering("send_key", { service: "SecurityAccess", data: null, ...agreed }),
      clear_dtc: answering("clear_dtc", { service: "ClearDiagnosticInformation", data: null, ...agreed }),
      read_dtc_by_status_mask: answering("read_dtc", [{ dtc_id: 0x12_3456, status: 0x2f, severity: null }]),
      start_routine: answering("start_routine", routine),
      stop_routine: answering("stop_routine", { ...routine, control_type: "stopRoutine", status_record: null }),
      get_routine_result: answering("get_routine_result", { ...routine, control_type: "requestRoutineResults" }),
      authentication: answering("authentication", {
        authentication_task: 1,
        return_value: 0x11,
        challenge_server: "c0ff",
        certificate_server: null,
        proof_of_ownership_server: null,
        session_key_info: null,
        algorithm_indicator: null,
        needed_additional_parameter: null,
        ...agreed,
      }),
      request_file_transfer: answering("request_file_transfer", {
        moop: 4,
        max_length: 4_093,
        filesize_uncompressed: 10_000,
        filesize_compressed: null,
        dirinfo_length: null,
        ...agreed,
      }),
    }),
    { definition: uds },
  );
  return { client: served.client, calls, [Symbol.asyncDispose]: () => served[Symbol.asyncDispose]() };
}

describe("an ECU", () => {
  it("changes its session, and answers bytes", async () => {
    await using ecu = await openEcu();
    await expect(ecu.client.changeSession("extended")).resolves.toEqual({
      service: "DiagnosticSessionControl",
      success: true,
      data: new Uint8Array([0x00, 0x32, 0x01, 0xf4]),
      nrc: undefined,
      nrcName: undefined,
    });
    await ecu.client.testerPresent();
    expect(ecu.calls).toEqual([["change_session", "extended"], ["tester_present"]]);
  });

  it("answers why it refuses, which is no error", async () => {
    await using ecu = await openEcu();
    await expect(ecu.client.resetEcu("key_off_on")).resolves.toEqual({
      service: "ECUReset",
      success: false,
      data: undefined,
      nrc: 0x22,
      nrcName: "ConditionsNotCorrect",
    });
    expect(ecu.calls).toEqual([["ecu_reset", "key_off_on"]]);
  });

  it("reads one identifier or several, as bytes or as what the lab makes of them", async () => {
    await using ecu = await openEcu();
    await expect(ecu.client.readDataByIdentifier([0xf190, 1, 2])).resolves.toEqual([
      { did: 0xf190, value: new Uint8Array([0x57, 0x42, 0x41]) },
      { did: 1, value: 12.5 },
      { did: 2, value: undefined },
    ]);
    await ecu.client.readDataByIdentifier(0xf190);
    await ecu.client.writeDataByIdentifier(0xf190, new Uint8Array([0x57, 0x00]));
    expect(ecu.calls).toEqual([
      ["read_data_by_identifier", [0xf190, 1, 2]],
      ["read_data_by_identifier", [0xf190]],
      ["write", 0xf190, "5700"],
    ]);
  });

  it("is unlocked with the key to its seed", async () => {
    await using ecu = await openEcu();
    const { seed, success } = await ecu.client.requestSeed(1);
    expect({ seed, success }).toEqual({ seed: new Uint8Array([0xa1, 0xb2]), success: true });
    await ecu.client.sendKey(1, new Uint8Array([0x0a]));
    expect(ecu.calls).toEqual([
      ["request_seed", 1],
      ["send_key", 1, "0a"],
    ]);
  });

  it("tells and clears its trouble codes, all of them unless told otherwise", async () => {
    await using ecu = await openEcu();
    await expect(ecu.client.readTroubleCodes()).resolves.toEqual([
      { id: 0x12_3456, status: 0x2f, severity: undefined },
    ]);
    await ecu.client.readTroubleCodes({ statusMask: 0x08 });
    await ecu.client.clearTroubleCodes();
    await ecu.client.clearTroubleCodes({ group: 0x10_0000 });
    expect(ecu.calls).toEqual([
      ["read_dtc", 0xff],
      ["read_dtc", 0x08],
      ["clear_dtc", 0xff_ffff],
      ["clear_dtc", 0x10_0000],
    ]);
  });

  it("runs routines", async () => {
    await using ecu = await openEcu();
    await expect(ecu.client.startRoutine(0x203, { data: new Uint8Array([7]) })).resolves.toMatchObject({
      routineId: 0x203,
      controlType: "startRoutine",
      statusRecord: new Uint8Array([0x10]),
    });
    await expect(ecu.client.stopRoutine(0x203)).resolves.toMatchObject({ statusRecord: undefined });
    await expect(ecu.client.routineResult(0x203)).resolves.toMatchObject({ controlType: "requestRoutineResults" });
    expect(ecu.calls).toEqual([
      ["start_routine", 0x203, "07"],
      ["stop_routine", 0x203, ""],
      ["get_routine_result", 0x203, ""],
    ]);
  });

  it("authenticates step by step", async () => {
    await using ecu = await openEcu();
    const certificate = new Uint8Array([0x30, 0x82]);
    await expect(
      ecu.client.authenticate(1, { communicationConfiguration: 0, certificate, proofOfOwnership: new Uint8Array([1]) }),
    ).resolves.toMatchObject({
      authenticationTask: 1,
      returnValue: 0x11,
      challengeServer: new Uint8Array([0xc0, 0xff]),
    });
    await ecu.client.authenticate(8);
    expect(ecu.calls).toEqual([
      ["authentication", 1, 0, "3082", "", "", "01"],
      ["authentication", 8, undefined, "", "", "", ""],
    ]);
  });

  it("begins the transfer of a file", async () => {
    await using ecu = await openEcu();
    await expect(ecu.client.requestFileTransfer({ modeOfOperation: 4, path: "/log" })).resolves.toMatchObject({
      modeOfOperation: 4,
      maxLength: 4_093,
      uncompressedBytes: 10_000,
      compressedBytes: undefined,
    });
    await ecu.client.requestFileTransfer({ modeOfOperation: 1, path: "/new", fileBytes: 5 });
    expect(ecu.calls).toEqual([
      ["request_file_transfer", 4, "/log", undefined],
      ["request_file_transfer", 1, "/new", 5],
    ]);
  });

  it("is not asked for an identifier that is none", async () => {
    await using ecu = await openEcu();
    await expect(ecu.client.readDataByIdentifier(0x1_0000)).rejects.toMatchObject({ code: "invalid-argument" });
    expect(ecu.calls).toEqual([]);
  });
});
