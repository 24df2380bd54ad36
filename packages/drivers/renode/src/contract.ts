import { argument, contract, unary } from "@jumpstarter-ts/core";
import { power } from "@jumpstarter-ts/driver-power";
import { serial } from "@jumpstarter-ts/driver-serial";
import { flasher } from "@jumpstarter-ts/driver-storage";
import { z } from "zod";

const text = (help: string) => unary({ help, result: z.string() });

export const renodeContract = contract({
  name: "renode",
  label: "jumpstarter_driver_renode.client.RenodeClient",
  methods: {
    get_platform: text("Tell the description of the simulated hardware"),
    get_uart: text("Tell which of its UARTs is the console"),
    get_machine_name: text("Tell the machine's name in the monitor"),
    monitor_cmd: unary({
      help: "Run a command of Renode's monitor, where the lab allows it",
      arguments: [argument("command", z.string().min(1))],
      result: z.string(),
    }),
  },
  children: { power, flasher, console: serial },
});
