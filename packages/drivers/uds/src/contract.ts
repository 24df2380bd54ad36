import { argument, contract, unary } from "@jumpstarter-ts/core";
import { z } from "zod";

import {
  authenticationResult,
  dataValue,
  fileTransferResult,
  hex,
  routineResult,
  seedResult,
  serviceResult,
  troubleCode,
} from "./results.ts";

const byte = z.int().min(0).max(0xff);
const identifier = z.int().min(0).max(0xffff);

const routine = [argument("routine_id", identifier), argument("data_hex", hex)] as const;

/** Upstream's contract for every way to an ECU: over CAN, over IP. */
export const udsContract = contract({
  name: "uds",
  label: "jumpstarter_driver_uds.client.UdsClient",
  methods: {
    change_session: unary({
      help: "Change the diagnostic session",
      arguments: [argument("session", z.enum(["default", "programming", "extended", "safety"]))],
      result: serviceResult,
    }),
    ecu_reset: unary({
      help: "Reset the ECU",
      arguments: [argument("reset_type", z.enum(["hard", "key_off_on", "soft"]))],
      result: serviceResult,
    }),
    tester_present: unary({ help: "Keep the session alive" }),
    read_data_by_identifier: unary({
      help: "Read data",
      arguments: [argument("did_list", z.array(identifier).min(1))],
      result: z.array(dataValue),
    }),
    write_data_by_identifier: unary({
      help: "Write data",
      arguments: [argument("did", identifier), argument("value_hex", hex)],
      result: serviceResult,
    }),
    request_seed: unary({
      help: "Ask for the seed of a security level",
      arguments: [argument("level", byte)],
      result: seedResult,
    }),
    send_key: unary({
      help: "Answer the seed with its key",
      arguments: [argument("level", byte), argument("key_hex", hex)],
      result: serviceResult,
    }),
    clear_dtc: unary({
      help: "Clear trouble codes",
      arguments: [argument("group", z.int().min(0).max(0xff_ffff))],
      result: serviceResult,
    }),
    read_dtc_by_status_mask: unary({
      help: "Read trouble codes",
      arguments: [argument("mask", byte)],
      result: z.array(troubleCode),
    }),
    start_routine: unary({ help: "Start a routine", arguments: routine, result: routineResult }),
    stop_routine: unary({ help: "Stop a routine", arguments: routine, result: routineResult }),
    get_routine_result: unary({ help: "Ask what a routine found", arguments: routine, result: routineResult }),
    authentication: unary({
      help: "Take one step of an authentication",
      arguments: [
        argument("authentication_task", byte),
        argument("communication_configuration", byte.optional()),
        argument("certificate_client_hex", hex),
        argument("challenge_client_hex", hex),
        argument("algorithm_indicator_hex", hex),
        argument("proof_of_ownership_client_hex", hex),
      ],
      result: authenticationResult,
    }),
    request_file_transfer: unary({
      help: "Begin the transfer of a file",
      arguments: [
        argument("moop", byte),
        argument("path", z.string().min(1)),
        argument("filesize", z.int().nonnegative().optional()),
      ],
      result: fileTransferResult,
    }),
  },
});
