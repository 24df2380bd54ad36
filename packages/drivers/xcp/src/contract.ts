import { argument, contract, unary } from "@jumpstarter-ts/core";
import { z } from "zod";

import { checksum, connection, daqInfo, programming, protection, status } from "./results.ts";

const byte = z.int().min(0).max(0xff);
const word = z.int().min(0).max(0xffff);
const address = argument("address", z.int().min(0).max(0xffff_ffff));
const extension = argument("ext", byte);
const daqList = argument("daq_list", word);

/** Bytes travel as text here, which is what upstream's drivers make of them. */
const text = z.string();

export const xcpContract = contract({
  name: "xcp",
  label: "jumpstarter_driver_xcp.client.XcpClient",
  methods: {
    connect: unary({ help: "Connect to the ECU", arguments: [argument("mode", byte)], result: connection }),
    disconnect: unary({ help: "Disconnect from the ECU" }),
    get_id: unary({
      help: "Ask the ECU who it is",
      arguments: [argument("id_type", byte)],
      result: z.object({ id_type: z.number(), identifier: z.string() }),
    }),
    get_status: unary({ help: "Ask for the session and the protection", result: status }),
    unlock: unary({
      help: "Unlock resources",
      arguments: [argument("resources", z.array(z.string()).optional())],
      result: protection,
    }),
    upload: unary({
      help: "Read memory of the ECU",
      arguments: [argument("length", z.int().positive()), address, extension],
      result: text,
    }),
    download: unary({ help: "Write memory of the ECU", arguments: [address, argument("data", text), extension] }),
    set_mta: unary({ help: "Set the memory transfer address", arguments: [address, extension] }),
    build_checksum: unary({
      help: "Have the ECU sum up memory from the transfer address",
      arguments: [argument("block_size", z.int().positive())],
      result: checksum,
    }),
    get_daq_info: unary({ help: "Ask what can be measured", result: daqInfo }),
    free_daq: unary({ help: "Give up all measurement lists" }),
    alloc_daq: unary({ help: "Make measurement lists", arguments: [argument("daq_count", word)] }),
    alloc_odt: unary({
      help: "Make tables in a list",
      arguments: [argument("daq_list_number", word), argument("odt_count", byte)],
    }),
    alloc_odt_entry: unary({
      help: "Make entries in a table",
      arguments: [argument("daq_list_number", word), argument("odt_number", byte), argument("odt_entries_count", byte)],
    }),
    set_daq_ptr: unary({
      help: "Point at an entry",
      arguments: [daqList, argument("odt", byte), argument("entry", byte)],
    }),
    write_daq: unary({
      help: "Say what the entry measures",
      arguments: [argument("bit_offset", byte), argument("size", byte), extension, address],
    }),
    set_daq_list_mode: unary({
      help: "Say when a list measures",
      arguments: [
        argument("mode", byte),
        daqList,
        argument("event", word),
        argument("prescaler", byte),
        argument("priority", byte),
      ],
    }),
    start_stop_daq_list: unary({
      help: "Start, stop or select a list",
      arguments: [argument("mode", z.literal([0, 1, 2])), daqList],
    }),
    start_stop_synch: unary({
      help: "Start or stop lists together",
      arguments: [argument("mode", z.literal([0, 1, 2]))],
    }),
    program_start: unary({ help: "Begin to program the ECU", result: programming }),
    program_clear: unary({
      help: "Erase from the transfer address",
      arguments: [argument("clear_range", z.int().nonnegative()), argument("mode", byte)],
    }),
    program: unary({
      help: "Program from the transfer address",
      arguments: [argument("data", text), argument("block_length", byte)],
    }),
    program_reset: unary({ help: "Reset the ECU after programming" }),
  },
});
