import { argument, contract, sink, source, streaming, unary } from "@jumpstarter-ts/core";
import { z } from "zod";

import { capabilitySchema } from "./capability.ts";

const path = (name = "path") => argument(name, z.string());
const fd = argument("fd", z.string().min(1), { help: "As open answered" });
const expireSecond = argument("expire_second", z.int().positive());

/** Upstream requires every key, so that what is not known is null. */
export const metadataSchema = z.object({
  content_disposition: z.string().nullable(),
  content_length: z.number().nonnegative(),
  content_md5: z.string().nullable(),
  content_type: z.string().nullable(),
  etag: z.string().nullable(),
  mode: z.object({ entry_is_file: z.boolean(), entry_is_dir: z.boolean() }),
});

export const presignedSchema = z.object({
  url: z.string(),
  method: z.string(),
  headers: z.record(z.string(), z.string()),
});

/** Where a seek counts from, as in C: 0 the start, 1 the cursor, 2 the end. */
export const whenceSchema = z.union([z.literal(0), z.literal(1), z.literal(2)]);
export const hashAlgorithmSchema = z.enum(["md5", "sha256"]);

export const storageContract = contract({
  name: "storage",
  label: "jumpstarter_driver_opendal.client.OpendalClient",
  types: ["jumpstarter_driver_opendal.driver.Opendal"],
  methods: {
    open: unary({ arguments: [path(), argument("mode", z.enum(["rb", "wb"]))], result: z.string() }),
    file_read: unary({ arguments: [fd, sink("dst")] }),
    file_write: unary({ arguments: [fd, source("src")] }),
    file_seek: unary({
      arguments: [fd, argument("pos", z.int()), argument("whence", whenceSchema.nullish())],
      result: z.number(),
    }),
    file_tell: unary({ arguments: [fd], result: z.number() }),
    file_close: unary({ arguments: [fd] }),
    file_closed: unary({ arguments: [fd], result: z.boolean() }),
    file_readable: unary({ arguments: [fd], result: z.boolean() }),
    file_seekable: unary({ arguments: [fd], result: z.boolean() }),
    file_writable: unary({ arguments: [fd], result: z.boolean() }),
    stat: unary({ help: "Tell size and kind of an entry", arguments: [path()], result: metadataSchema }),
    hash: unary({
      help: "Hash a file where it is",
      arguments: [path(), argument("algo", hashAlgorithmSchema.nullish())],
      result: z.string(),
    }),
    copy: unary({ help: "Copy a file", arguments: [path("source"), path("target")] }),
    rename: unary({ help: "Move an entry", arguments: [path("source"), path("target")] }),
    remove_all: unary({ help: "Remove an entry with all that is in it", arguments: [path()] }),
    create_dir: unary({ help: "Make a directory; the path ends in /", arguments: [path()] }),
    delete: unary({ help: "Remove a file or an empty directory", arguments: [path()] }),
    exists: unary({ help: "Tell whether there is an entry", arguments: [path()], result: z.boolean() }),
    list: streaming({ help: "List a directory", arguments: [path()], result: z.string() }),
    scan: streaming({ help: "List a directory and all below it", arguments: [path()], result: z.string() }),
    presign_stat: unary({ arguments: [path(), expireSecond], result: presignedSchema }),
    presign_read: unary({ arguments: [path(), expireSecond], result: presignedSchema }),
    presign_write: unary({ arguments: [path(), expireSecond], result: presignedSchema }),
    capability: unary({ help: "Tell what this storage can do", result: capabilitySchema }),
    get_created_resources: unary({ result: z.array(z.string()) }),
    register_path: unary({ arguments: [path()] }),
  },
});
