import { argument, contract, source, unary } from "@jumpstarter-ts/core";
import { http } from "@jumpstarter-ts/driver-http";
import { power } from "@jumpstarter-ts/driver-power";
import { serial } from "@jumpstarter-ts/driver-serial";
import { tftp } from "@jumpstarter-ts/driver-tftp";
import { uboot } from "@jumpstarter-ts/driver-uboot";
import { z } from "zod";

const text = unary({ result: z.string() });
const maybeText = unary({ result: z.string().nullish() });

export const networkFlasherContract = contract({
  name: "network-flasher",
  label: "jumpstarter_driver_flashers.client.BaseFlasherClient",
  methods: {
    setup_flasher_bundle: unary({
      help: "Fetch the bundle, and put its kernel, initramfs and device tree where the board finds them",
      arguments: [argument("force_flash_bundle", z.string().nullish(), { help: "Another bundle than the lab's" })],
    }),
    setup_fls_binary: unary({
      help: "Put the exporter's fls among the files of its web server",
      result: z.unknown(),
      isOptional: true,
    }),
    set_dtb: unary({ help: "Give another device tree", arguments: [source("handle")] }),
    use_dtb_variant: unary({
      help: "Take another device tree of the bundle",
      arguments: [argument("variant", z.string())],
    }),
    get_flasher_manifest_yaml: text,
    get_default_target: maybeText,
    get_cacert: unary({ help: "Give the lab's certificates (PEM)", result: z.string().nullish(), isOptional: true }),
    get_kernel_filename: text,
    get_kernel_address: text,
    get_initram_filename: maybeText,
    get_initram_address: maybeText,
    get_dtb_filename: maybeText,
    get_dtb_address: maybeText,
    get_bootcmd: text,
  },
  children: { serial, power, tftp, http, uboot },
});
