import { byteStream, contract, unary } from "@jumpstarter-ts/core";
import { z } from "zod";

export const bleContract = contract({
  name: "ble",
  label: "jumpstarter_driver_ble.client.BleWriteNotifyStreamClient",
  methods: {
    info: unary({ help: "Tell the device and its characteristics", result: z.string() }),
    connect: byteStream({ help: "Every chunk is one write or one notification", isDatagram: true }),
  },
});
