import { argument, contract, unary } from "@jumpstarter-ts/core";
import { network } from "@jumpstarter-ts/driver-network";
import { power } from "@jumpstarter-ts/driver-power";
import { serial } from "@jumpstarter-ts/driver-serial";
import { z } from "zod";

import { qemuFlasher } from "./flasher-client.ts";

const size = argument("size", z.string().min(1), { help: "As 20G" });
const name = argument(
  "name",
  z.string().regex(/^[A-Za-z0-9][\w.-]{0,99}$/, "no name: write letters, digits, dots and dashes"),
);

export const qemuContract = contract({
  name: "qemu",
  label: "jumpstarter_driver_qemu.client.QemuClient",
  types: ["jumpstarter_driver_qemu.driver.Qemu"],
  methods: {
    get_hostname: unary({ help: "Tell the machine's name", result: z.string() }),
    get_username: unary({ help: "Tell the user that the machine has", result: z.string() }),
    get_password: unary({ help: "Tell that user's password", result: z.string() }),
    set_disk_size: unary({ help: "Grow the disk at the next start", arguments: [size] }),
    set_memory_size: unary({ help: "Set the memory at the next start", arguments: [size] }),
    // From here on ours: a Python exporter has none of them.
    save_snapshot: unary({ help: "Keep the whole machine as it is now", arguments: [name], isOptional: true }),
    load_snapshot: unary({ help: "Continue from a snapshot", arguments: [name], isOptional: true }),
    delete_snapshot: unary({ help: "Give a snapshot up", arguments: [name], isOptional: true }),
    list_snapshots: unary({
      help: "List the snapshots",
      result: z.array(z.object({ name: z.string(), savedAt: z.string(), memoryBytes: z.number() })),
      isOptional: true,
    }),
    qmp: unary({
      help: "Send a command to QEMU itself",
      arguments: [
        argument("command", z.string().min(1)),
        argument("arguments", z.record(z.string(), z.json()).nullish()),
      ],
      result: z.json(),
      isOptional: true,
    }),
    screendump: unary({ help: "Show the screen as a PNG, in base64", result: z.base64(), isOptional: true }),
  },
  /** Beside these, one network for each forwarded port; `ssh` only where there is one of this name, or vsock. */
  children: { power, flasher: qemuFlasher, console: serial, vnc: network },
});
