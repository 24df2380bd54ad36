import { argument, contract, streaming } from "@jumpstarter-ts/core";
import { flasherContract } from "@jumpstarter-ts/driver-storage";
import { z } from "zod";

export const qemuFlasherContract = contract({
  name: "qemu-flasher",
  label: "jumpstarter_driver_qemu.client.QemuFlasherClient",
  methods: {
    ...flasherContract.methods,
    flash_oci: streaming({
      help: "Write an image from a container registry",
      arguments: [
        argument("oci_url", z.string().startsWith("oci://")),
        argument("partition", z.string().nullish()),
        argument("oci_username", z.string().nullish()),
        argument("oci_password", z.string().nullish()),
      ],
      result: z.tuple([z.string(), z.string(), z.number().nullish()]),
    }),
  },
});
