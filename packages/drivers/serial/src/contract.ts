import { argument, byteStream, contract, unary } from "@jumpstarter-ts/core";
import { z } from "zod";

export const serialContract = contract({
  name: "serial",
  label: "jumpstarter_driver_pyserial.client.PySerialClient",
  types: ["jumpstarter_driver_pyserial.driver.PySerial"],
  methods: {
    connect: byteStream({ help: "Bytes from and to the port" }),
    close: unary({ help: "Close the open connection, if there is one", isOptional: true }),
    set_dtr: unary({
      help: "Set the Data Terminal Ready line",
      arguments: [argument("value", z.boolean())],
      isOptional: true,
    }),
    set_rts: unary({
      help: "Set the Request To Send line",
      arguments: [argument("value", z.boolean())],
      isOptional: true,
    }),
  },
});
