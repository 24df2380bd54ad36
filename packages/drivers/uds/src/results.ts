import { z } from "zod";

/** Bytes as the wire has them: two digits each. */
export const hex = z.string().regex(/^([0-9a-f]{2})*$/i);
const data = hex.transform((text) => new Uint8Array(Buffer.from(text, "hex")));
const optionalData = data.nullish().transform((bytes) => bytes ?? undefined);
const optionalNumber = z
  .number()
  .nullish()
  .transform((value) => value ?? undefined);
const optionalText = z
  .string()
  .nullish()
  .transform((value) => value ?? undefined);

/** Whether the ECU agreed; if not, its negative response code (ISO 14229-1, annex A). */
const response = { success: z.boolean(), nrc: optionalNumber, nrc_name: optionalText };

export interface UdsAnswer {
  readonly success: boolean;
  /** The negative response code, where `success` is false. */
  readonly nrc: number | undefined;
  readonly nrcName: string | undefined;
}

export interface UdsResponse extends UdsAnswer {
  /** As ISO 14229 has it: `DiagnosticSessionControl`. */
  readonly service: string;
  readonly data: Uint8Array | undefined;
}

export const serviceResult = z
  .object({ service: z.string(), data: optionalData, ...response })
  .transform(({ nrc_name: nrcName, ...rest }): UdsResponse => ({ ...rest, nrcName }));

export interface UdsSeed extends UdsAnswer {
  /** Empty where there is none; all zero where the level is open already. */
  readonly seed: Uint8Array;
}

export const seedResult = z
  .object({ seed: data, ...response, success: z.boolean().default(true) })
  .transform(({ nrc_name: nrcName, ...rest }): UdsSeed => ({ ...rest, nrcName }));

export interface UdsDataValue {
  readonly did: number;
  /** Bytes; a number where the lab has a codec for this identifier. */
  readonly value: Uint8Array | number | undefined;
}

export const dataValue = z
  .object({ did: z.number(), value: z.union([data, z.number()]).nullish() })
  .transform(({ did, value }): UdsDataValue => ({ did, value: value ?? undefined }));

export interface UdsTroubleCode {
  readonly id: number;
  /** Bits of ISO 14229-1, annex D: 0x08 is a confirmed code. */
  readonly status: number;
  readonly severity: number | undefined;
}

export const troubleCode = z
  .object({ dtc_id: z.number(), status: z.number(), severity: optionalNumber })
  .transform(({ dtc_id: id, ...rest }): UdsTroubleCode => ({ id, ...rest }));

export interface UdsRoutineResponse extends UdsAnswer {
  readonly routineId: number;
  readonly controlType: string;
  readonly statusRecord: Uint8Array | undefined;
}

export const routineResult = z
  .object({ routine_id: z.number(), control_type: z.string(), status_record: optionalData, ...response })
  .transform(({ routine_id, control_type, status_record, success, nrc, nrc_name }): UdsRoutineResponse => ({
    routineId: routine_id,
    controlType: control_type,
    statusRecord: status_record,
    success,
    nrc,
    nrcName: nrc_name,
  }));

export interface UdsAuthenticationResponse extends UdsAnswer {
  readonly authenticationTask: number;
  readonly returnValue: number;
  readonly challengeServer: Uint8Array | undefined;
  readonly certificateServer: Uint8Array | undefined;
  readonly proofOfOwnershipServer: Uint8Array | undefined;
  readonly sessionKeyInfo: Uint8Array | undefined;
  readonly algorithmIndicator: Uint8Array | undefined;
  readonly neededAdditionalParameter: Uint8Array | undefined;
}

export const authenticationResult = z
  .object({
    authentication_task: z.number(),
    return_value: z.number(),
    challenge_server: optionalData,
    certificate_server: optionalData,
    proof_of_ownership_server: optionalData,
    session_key_info: optionalData,
    algorithm_indicator: optionalData,
    needed_additional_parameter: optionalData,
    ...response,
  })
  .transform((wire): UdsAuthenticationResponse => ({
    authenticationTask: wire.authentication_task,
    returnValue: wire.return_value,
    challengeServer: wire.challenge_server,
    certificateServer: wire.certificate_server,
    proofOfOwnershipServer: wire.proof_of_ownership_server,
    sessionKeyInfo: wire.session_key_info,
    algorithmIndicator: wire.algorithm_indicator,
    neededAdditionalParameter: wire.needed_additional_parameter,
    success: wire.success,
    nrc: wire.nrc,
    nrcName: wire.nrc_name,
  }));

export interface UdsFileTransferResponse extends UdsAnswer {
  readonly modeOfOperation: number;
  /** Bytes that one block may have. */
  readonly maxLength: number | undefined;
  readonly uncompressedBytes: number | undefined;
  readonly compressedBytes: number | undefined;
  readonly directoryInfoLength: number | undefined;
}

export const fileTransferResult = z
  .object({
    moop: z.number(),
    max_length: optionalNumber,
    filesize_uncompressed: optionalNumber,
    filesize_compressed: optionalNumber,
    dirinfo_length: optionalNumber,
    ...response,
  })
  .transform((wire): UdsFileTransferResponse => ({
    modeOfOperation: wire.moop,
    maxLength: wire.max_length,
    uncompressedBytes: wire.filesize_uncompressed,
    compressedBytes: wire.filesize_compressed,
    directoryInfoLength: wire.dirinfo_length,
    success: wire.success,
    nrc: wire.nrc,
    nrcName: wire.nrc_name,
  }));
