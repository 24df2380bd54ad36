import { argument, contract, unary } from "@jumpstarter-ts/core";
import { storage } from "@jumpstarter-ts/driver-storage";
import { z } from "zod";

const name = argument("name", z.string().min(1));

/** `size` is what the exporter says of the disk, in bytes. */
export const lunSchema = z.object({
  name: z.string(),
  path: z.string(),
  size: z.number(),
  lun_id: z.number(),
  is_block: z.boolean(),
});

export const algorithmSchema = z.enum(["gz", "xz", "bz2"]);

export const iscsiContract = contract({
  name: "iscsi",
  label: "jumpstarter_driver_iscsi.client.ISCSIServerClient",
  methods: {
    start: unary({ help: "Start to serve the target" }),
    stop: unary({ help: "Stop serving, and remove the target" }),
    clear_all_luns: unary({ help: "Remove all disks", isOptional: true }),
    get_host: unary({ help: "Tell the address of the target", result: z.string() }),
    get_port: unary({ help: "Tell the port of the target", result: z.number() }),
    get_target_iqn: unary({ help: "Tell the name of the target", result: z.string() }),
    add_lun: unary({
      help: "Offer a file of the storage, or a block device, as a disk",
      // A Python driver fails on a null where it has a default, so the defaults are sent.
      arguments: [
        name,
        argument("file_path", z.string().min(1)),
        argument("size_mb", z.int().nonnegative().default(0), { help: "In MiB; 0 for the size of the file" }),
        argument("is_block", z.boolean().default(false)),
      ],
      result: z.string(),
    }),
    remove_lun: unary({ help: "Remove a disk", arguments: [name] }),
    list_luns: unary({ help: "List the disks", result: z.array(lunSchema) }),
    decompress: unary({
      help: "Unpack a file of the storage",
      arguments: [
        argument("src_path", z.string()),
        argument("dst_path", z.string()),
        argument("algo", algorithmSchema),
      ],
    }),
  },
  children: { storage },
});
