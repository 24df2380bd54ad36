import { argument, contract, unary } from "@jumpstarter-ts/core";
import { networkContract } from "@jumpstarter-ts/driver-network";
import { z } from "zod";

const device = argument("device", z.string().min(1), { help: "host:port" });

export const adbContract = contract({
  name: "adb",
  label: "jumpstarter_driver_adb.client.AdbClient",
  methods: {
    ...networkContract.methods,
    start_server: unary({ help: "Start the exporter's ADB server; gives its port", result: z.number() }),
    kill_server: unary({ help: "End the exporter's ADB server; gives its port", result: z.number() }),
    list_devices: unary({ help: "List what the server sees, as adb devices -l does", result: z.string() }),
    connect_device: unary({
      help: "Connect the server to a device on the network",
      arguments: [device],
      result: z.string(),
      isOptional: true,
    }),
    disconnect_device: unary({
      help: "Disconnect the server from a device on the network",
      arguments: [device],
      result: z.string(),
      isOptional: true,
    }),
  },
});
