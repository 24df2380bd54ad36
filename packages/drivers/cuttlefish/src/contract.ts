import { argument, contract, unary } from "@jumpstarter-ts/core";
import { adb } from "@jumpstarter-ts/driver-adb";
import { flasher } from "@jumpstarter-ts/driver-storage";
import { z } from "zod";

import { cuttlefishPower } from "./power.ts";

/** What a host says comes as text, JSON as a rule, or as a value that it was made into. */
const said = (help: string) => unary({ help, result: z.unknown() });

export const cuttlefishContract = contract({
  name: "cuttlefish",
  label: "jumpstarter_driver_cuttlefish.client.CuttlefishClient",
  methods: {
    list_cvds: said("List the host's virtual devices"),
    get_cvd: said("Describe this virtual device"),
    create_cvd: unary({
      help: "Make virtual devices",
      arguments: [argument("config_json", z.string())],
      result: z.unknown(),
    }),
    start_cvd: said("Start the virtual device"),
    stop_cvd: said("Stop the virtual device"),
    restart_cvd: said("Restart the virtual device"),
    powerwash_cvd: said("Bring the virtual device back to how it was made"),
    powerbtn_cvd: said("Press the virtual device's power button"),
    delete_cvd: said("Give the virtual device up"),
    get_host: said("Tell where the host is"),
    get_webrtc_url: said("Tell where a browser finds the screen"),
    get_adb_port: said("Tell the port of the virtual device's ADB"),
    status: said("Tell the state of the host"),
    list_operations: said("List what the host is doing"),
    wait_boot: unary({
      help: "Wait until the virtual device has booted",
      arguments: [argument("timeout", z.number().nonnegative(), { help: "Seconds; 0 for the lab's own" })],
      result: z.unknown(),
    }),
    reset_host: said("Give up all virtual devices of the host"),
  },
  children: { power: cuttlefishPower, storage: flasher, adb },
});
