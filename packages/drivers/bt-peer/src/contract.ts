import { argument, contract, unary } from "@jumpstarter-ts/core";
import { z } from "zod";

import { connection, disconnection, events, json, pairing, peer } from "./results.ts";

const timeout = argument("timeout", z.number().nonnegative(), { help: "Seconds" });

/** All but the address travel as JSON in a text. */
export const btPeerContract = contract({
  name: "bt-peer",
  label: "jumpstarter_driver_bt_peer.client.BtPeerClient",
  methods: {
    start_peer: unary({
      help: "Switch the phone on",
      arguments: [argument("config_json", z.string())],
      result: json(peer),
    }),
    stop_peer: unary({ help: "Switch the phone off", result: z.string() }),
    wait_connection: unary({
      help: "Wait until something connects to the phone",
      arguments: [timeout],
      result: json(connection),
    }),
    connect_to: unary({
      help: "Connect the phone to something",
      arguments: [argument("address", z.string().min(1)), timeout],
      result: json(connection),
    }),
    wait_disconnection: unary({
      help: "Wait until a connection ends",
      arguments: [timeout],
      result: json(disconnection),
    }),
    pair: unary({
      help: "Pair over a connection",
      arguments: [argument("handle", z.int().nonnegative())],
      result: json(pairing),
    }),
    get_events: unary({
      help: "Tell what happened",
      arguments: [argument("since", z.string())],
      result: json(events),
    }),
    get_address: unary({ help: "Tell the phone's address", result: z.string() }),
    get_connections: unary({ help: "Tell the connections", result: json(z.array(connection)) }),
  },
});
