import { arch } from "node:os";

import { messageOf } from "@jumpstarter-ts/core";
import { z } from "zod";

import { parseSize } from "./size.ts";

const size = z.string({ error: 'no text: write "512M", "2G" or "20G"' }).superRefine((value, context) => {
  try {
    parseSize(value);
  } catch (error) {
    context.addIssue({ code: "custom", message: messageOf(error) });
  }
});
const port = z.int().min(1).max(65_535);

export const architectures = ["aarch64", "arm", "riscv64", "x86_64"] as const;
export type Architecture = (typeof architectures)[number];

/** What can be flashed. The first four are upstream's. */
export const partitions = ["root", "bios", "OVMF_CODE.fd", "OVMF_VARS.fd", "kernel", "initrd"] as const;
export type Partition = (typeof partitions)[number];

const hostfwd = z.strictObject({
  protocol: z.literal("tcp").default("tcp"),
  hostaddr: z
    .string()
    .regex(
      /^\d+(\.\d+){0,3}$/,
      "no IPv4 address, which QEMU needs to forward from: write 127.0.0.1, or 0.0.0.0 for all of them",
    )
    .default("127.0.0.1"),
  /** On the exporter's machine; 0 takes a free one at every start. */
  hostport: z.int().min(0).max(65_535),
  guestport: port,
});
const forwardName = z
  .string()
  .regex(/^[\w-]+$/)
  .refine((name) => !["power", "flasher", "console", "vnc"].includes(name), "a part of every machine has that one");
export type Hostfwd = z.infer<typeof hostfwd>;

/** Upstream's names and defaults, then ours. A relative path starts at the exporter's configuration file. */
export const qemuOptions = z.strictObject({
  arch: z.enum(architectures).default(hostArchitecture),
  cpu: z.string().min(1).nullish(),
  smp: z.int().positive().default(2),
  mem: size.default("512M"),
  disk_size: size.nullish(),
  hostname: z.string().default("demo"),
  username: z.string().default("jumpstarter"),
  password: z.string().default("password"),
  default_partitions: z.partialRecord(z.enum(partitions), z.string().min(1)).default({}),
  /** Each is a network of this name. */
  hostfwd: z.record(forwardName, hostfwd).default({}),
  /** Seconds a flash may take. */
  flash_timeout: z.number().positive().default(1_800),
  /** For `flash_oci`, which is not supported here; accepted so that a configuration of Python's works. */
  fls_version: z.string().nullish(),
  fls_allow_custom_binaries: z.boolean().default(false),
  fls_custom_binary_url: z.string().nullish(),

  /** `auto` takes KVM only where a guest has really run under it. */
  accel: z.enum(["auto", "kvm", "tcg"]).default("auto"),
  /** `virt`, or `q35` for x86_64. */
  machine: z.string().min(1).optional(),
  /** Started without firmware, beside `initrd` and with the command line `append`. */
  kernel: z.string().min(1).optional(),
  initrd: z.string().min(1).optional(),
  append: z.string().optional(),
  /** More `-device` arguments: `usb-ehci`, `usb-storage,drive=stick`. */
  devices: z.array(z.string().min(1)).default([]),
  /** More arguments, as they are. QEMU runs in the directory of the configuration file. */
  args: z.array(z.string()).default([]),
  /** More options of the network: `tftp=netboot,bootfile=boot.scr`. */
  user_net: z.string().optional(),
  /** Gives a guest that has a disk the host name and the user, on a drive called CIDATA. */
  cloud_init: z.boolean().default(true),
  /** Which QMP commands a client may send; `all` gives it this machine's files and programs, too. */
  qmp: z.enum(["safe", "all"]).default("safe"),
  /** The program. Default: `qemu-system-` and the architecture. */
  emulator: z.string().min(1).optional(),
  /** Seconds until QEMU has to answer. */
  start_timeout: z.number().positive().default(10),
});
export type QemuOptions = z.infer<typeof qemuOptions>;

/** As `uname -m` says it. */
export function hostArchitecture(): Architecture {
  const known: Readonly<Record<string, Architecture>> = { arm64: "aarch64", arm: "arm", riscv64: "riscv64" };
  return known[arch()] ?? "x86_64";
}
