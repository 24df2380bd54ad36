import { argument, contract, unary } from "@jumpstarter-ts/core";
import { network } from "@jumpstarter-ts/driver-network";
import { power } from "@jumpstarter-ts/driver-power";
import { serial } from "@jumpstarter-ts/driver-serial";
import { z } from "zod";

import { qemuFlasher } from "./flasher-client.ts";

const size = argument("size", z.string().min(1), { help: "As 20G" });

export const qemuContract = contract({
  name: "qemu",
  label: "jumpstarter_driver_qemu.client.QemuClient",
  methods: {
    get_hostname: unary({ help: "Tell the machine's name", result: z.string() }),
    get_username: unary({ help: "Tell the user that the machine has", result: z.string() }),
    get_password: unary({ help: "Tell that user's password", result: z.string() }),
    set_disk_size: unary({ help: "Grow the disk at the next start", arguments: [size] }),
    set_memory_size: unary({ help: "Set the memory at the next start", arguments: [size] }),
  },
  /** `ssh` is only there where the exporter has vsock or forwards a port to it. */
  children: { power, flasher: qemuFlasher, console: serial, vnc: network, ssh: network },
});
