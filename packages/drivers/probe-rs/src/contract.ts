import { argument, contract, source, unary } from "@jumpstarter-ts/core";
import { z } from "zod";

/** What the tool printed; nothing where it failed. */
const output = z.string();

export const probeRsContract = contract({
  name: "probe-rs",
  label: "jumpstarter_driver_probe_rs.client.ProbeRsClient",
  methods: {
    info: unary({ help: "Tell what probe and target there are", result: output }),
    reset_target: unary({ help: "Reset the target", result: output }),
    erase: unary({ help: "Erase the target's flash", result: output }),
    download: unary({ help: "Write a firmware into the target's flash", arguments: [source("src")], result: output }),
    read: unary({
      help: "Read words of the target's memory",
      arguments: [
        argument("width", z.enum(["b8", "b16", "b32", "b64"])),
        argument("address", z.string().regex(/^0x[0-9a-f]+$/i), { help: "In hexadecimal" }),
        argument("words", z.string().regex(/^[1-9][0-9]*$/), { help: "How many, in decimal" }),
      ],
      // In hexadecimal without a prefix. A Python driver answers one empty word where the tool failed.
      result: z.array(z.string().regex(/^(0x)?[0-9a-f]*$/i)),
    }),
  },
});
