import { defineDriver, type CallOptions, type Remote } from "@jumpstarter-ts/core";

import { udsContract } from "./contract.ts";
import type {
  UdsAuthenticationResponse,
  UdsDataValue,
  UdsFileTransferResponse,
  UdsResponse,
  UdsRoutineResponse,
  UdsSeed,
  UdsTroubleCode,
} from "./results.ts";

export type UdsSession = "default" | "programming" | "extended" | "safety";
export type UdsReset = "hard" | "key_off_on" | "soft";

export interface UdsRoutineOptions extends CallOptions {
  /** What the routine is told. Default nothing. */
  readonly data?: Uint8Array;
}

export interface UdsAuthenticationOptions extends CallOptions {
  readonly communicationConfiguration?: number;
  readonly certificate?: Uint8Array;
  readonly challenge?: Uint8Array;
  /** 16 bytes. */
  readonly algorithmIndicator?: Uint8Array;
  readonly proofOfOwnership?: Uint8Array;
}

export interface UdsFileTransferOptions extends CallOptions {
  /** 1 add, 2 delete, 3 replace, 4 read, 5 read a directory, 6 resume (ISO 14229-1). */
  readonly modeOfOperation: number;
  /** On the ECU. */
  readonly path: string;
  readonly fileBytes?: number;
}

/**
 * The services of an ECU. That it refuses is an answer with `success: false` and its code, no error; an error is that it
 * did not answer. The two that answer lists give an empty one where the ECU refuses.
 */
export interface UdsClient {
  changeSession(session: UdsSession, options?: CallOptions): Promise<UdsResponse>;
  resetEcu(reset: UdsReset, options?: CallOptions): Promise<UdsResponse>;
  /** Keeps the session from ending by itself. */
  testerPresent(options?: CallOptions): Promise<void>;
  readDataByIdentifier(dids: number | readonly number[], options?: CallOptions): Promise<readonly UdsDataValue[]>;
  writeDataByIdentifier(did: number, value: Uint8Array, options?: CallOptions): Promise<UdsResponse>;
  requestSeed(level: number, options?: CallOptions): Promise<UdsSeed>;
  sendKey(level: number, key: Uint8Array, options?: CallOptions): Promise<UdsResponse>;
  /** Default all groups. */
  clearTroubleCodes(options?: CallOptions & { readonly group?: number }): Promise<UdsResponse>;
  /** Those whose status has a bit of the mask. Default all. */
  readTroubleCodes(options?: CallOptions & { readonly statusMask?: number }): Promise<readonly UdsTroubleCode[]>;
  startRoutine(routineId: number, options?: UdsRoutineOptions): Promise<UdsRoutineResponse>;
  stopRoutine(routineId: number, options?: UdsRoutineOptions): Promise<UdsRoutineResponse>;
  routineResult(routineId: number, options?: UdsRoutineOptions): Promise<UdsRoutineResponse>;
  /** One step of the service Authentication; the task is its sub-function. */
  authenticate(task: number, options?: UdsAuthenticationOptions): Promise<UdsAuthenticationResponse>;
  requestFileTransfer(options: UdsFileTransferOptions): Promise<UdsFileTransferResponse>;
}

export const uds = defineDriver({ contract: udsContract, client: udsClient });

function udsClient(remote: Remote<typeof udsContract>): UdsClient {
  const routine =
    (method: "start_routine" | "stop_routine" | "get_routine_result") =>
    (routineId: number, { data, ...options }: UdsRoutineOptions = {}): Promise<UdsRoutineResponse> =>
      remote.with(options).call(method, routineId, toHex(data));
  return {
    changeSession: (session, options = {}) => remote.with(options).call("change_session", session),
    resetEcu: (reset, options = {}) => remote.with(options).call("ecu_reset", reset),
    testerPresent: (options = {}) => remote.with(options).call("tester_present"),
    readDataByIdentifier: (dids, options = {}) =>
      remote.with(options).call("read_data_by_identifier", typeof dids === "number" ? [dids] : [...dids]),
    writeDataByIdentifier: (did, value, options = {}) =>
      remote.with(options).call("write_data_by_identifier", did, toHex(value)),
    requestSeed: (level, options = {}) => remote.with(options).call("request_seed", level),
    sendKey: (level, key, options = {}) => remote.with(options).call("send_key", level, toHex(key)),
    clearTroubleCodes: ({ group = 0xff_ffff, ...options } = {}) => remote.with(options).call("clear_dtc", group),
    readTroubleCodes: ({ statusMask = 0xff, ...options } = {}) =>
      remote.with(options).call("read_dtc_by_status_mask", statusMask),
    startRoutine: routine("start_routine"),
    stopRoutine: routine("stop_routine"),
    routineResult: routine("get_routine_result"),
    authenticate: (task, given = {}) => {
      const { communicationConfiguration, certificate, challenge, algorithmIndicator, proofOfOwnership, ...options } =
        given;
      return remote
        .with(options)
        .call(
          "authentication",
          task,
          communicationConfiguration,
          toHex(certificate),
          toHex(challenge),
          toHex(algorithmIndicator),
          toHex(proofOfOwnership),
        );
    },
    requestFileTransfer: ({ modeOfOperation, path, fileBytes, ...options }) =>
      remote.with(options).call("request_file_transfer", modeOfOperation, path, fileBytes),
  };
}

function toHex(data: Uint8Array = new Uint8Array()): string {
  return Buffer.from(data).toString("hex");
}
