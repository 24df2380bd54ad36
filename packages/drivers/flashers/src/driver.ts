import { constants } from "node:fs";
import { access, readFile } from "node:fs/promises";
import { basename, delimiter, join, resolve } from "node:path";

import {
  implement,
  JumpstarterError,
  messageOf,
  openChild,
  serve,
  type CallContext,
  type DriverScope,
  type Implementation,
} from "@jumpstarter-ts/core";
import { httpServer } from "@jumpstarter-ts/driver-http/server";
import { tftpServer } from "@jumpstarter-ts/driver-tftp/server";
import { ubootConsole } from "@jumpstarter-ts/driver-uboot/driver";

import { bundleError } from "./bundle-error.ts";
import { createBundles } from "./bundle.ts";
import { networkFlasher } from "./client.ts";
import type { FlasherManifest } from "./manifest.ts";
import { flasherOptions } from "./options.ts";
import { createFilePlacer } from "./serve-files.ts";

/** They differ only in the bundle that is upstream's default. */
export const baseFlasher = flasherFor("quay.io/jumpstarter-dev/jumpstarter-flasher-test:latest");
export const tiJ784S4Flasher = flasherFor("quay.io/jumpstarter-dev/jumpstarter-flasher-ti-j784s4:latest");
export const rCarS4Flasher = flasherFor("quay.io/jumpstarter-dev/jumpstarter-flasher-rcar-s4:latest");

function flasherFor(defaultBundle: string): Implementation {
  return implement(networkFlasher, flasherOptions(defaultBundle), async (options, scope) => {
    const children = await openChildren(options, scope);
    const bundles = createBundles(
      { reference: options.flasher_bundle, manifestName: options.manifest, cacheDirectory: options.cache_dir },
      scope,
    );
    const placeForTftp = createFilePlacer(children.tftp, "tftp");
    const placeForHttp = createFilePlacer(children.http, "http");
    let variant = options.variant ?? undefined;

    const specOf = async ({ signal }: CallContext): Promise<FlasherManifest["spec"]> =>
      (await bundles.current(signal)).manifest.spec;

    return serve(
      networkFlasher,
      {
        async setup_flasher_bundle(reference, context) {
          if (typeof reference === "string" && reference !== "") await bundles.use(reference, context.signal);
          const { manifest, file } = await bundles.current(context.signal);
          for (const [path, name] of servedFiles(manifest.spec, variant)) {
            await placeForTftp(await file(path), name, context);
          }
        },
        async setup_fls_binary(context) {
          await placeForHttp(await findFls(), "fls", context);
        },
        set_dtb() {
          throw new JumpstarterError("a device tree cannot be given: take one of the bundle with use_dtb_variant", {
            code: "unsupported",
            reason: "FLASHER_NO_OWN_DTB",
          });
        },
        async use_dtb_variant(name, context) {
          variantOf(await specOf(context), name);
          variant = name;
        },
        get_flasher_manifest_yaml: async ({ signal }) => (await bundles.current(signal)).manifestText,
        get_default_target: () => options.default_target ?? null,
        get_cacert: () => readCertificates(options.cacert, scope.baseDirectory),
        get_kernel_filename: async (context) => basename((await specOf(context)).kernel.file),
        get_kernel_address: async (context) => (await specOf(context)).kernel.address,
        async get_initram_filename(context) {
          const { initram } = await specOf(context);
          return initram ? basename(initram.file) : null;
        },
        get_initram_address: async (context) => (await specOf(context)).initram?.address ?? null,
        get_dtb_filename: async (context) => basename(variantOf(await specOf(context), variant)?.file ?? ""),
        get_dtb_address: async (context) => (await specOf(context)).dtb?.address ?? null,
        async get_bootcmd(context) {
          const spec = await specOf(context);
          return variantOf(spec, variant)?.bootcmd ?? spec.bootcmd;
        },
      },
      { children },
    );
  });
}

type Options = ReturnType<typeof flasherOptions>["_output"];

async function openChildren({ tftp_dir, http_dir }: Options, scope: DriverScope) {
  const { power, serial, ...given } = scope.children;
  if (power === undefined || serial === undefined) {
    const missing = power === undefined ? "power" : "serial";
    throw new JumpstarterError(
      `${scope.name} needs a child named ${missing}: add it under "children", or a ref to it`,
      {
        code: "invalid-argument",
        reason: "CHILD_MISSING",
      },
    );
  }
  const { uboot, http, tftp } = given;
  const serving = (root_dir: string) => ({ options: { root_dir, remove_created_on_close: true } });
  return {
    ...given,
    power,
    serial,
    uboot: uboot ?? (await openChild(scope, "uboot", ubootConsole, { children: { power, serial } })),
    tftp: tftp ?? (await openChild(scope, "tftp", tftpServer, serving(tftp_dir))),
    http: http ?? (await openChild(scope, "http", httpServer, serving(http_dir))),
  };
}

/** The files of a bundle that a board loads, and the names under which it asks for them. */
function servedFiles(spec: FlasherManifest["spec"], variant: string | undefined): ReadonlyMap<string, string> {
  const paths = [spec.kernel.file, spec.initram?.file ?? "", variantOf(spec, variant)?.file ?? ""];
  const files = new Map(paths.filter((path) => path !== "").map((path) => [path, basename(path)]));
  if (new Set(files.values()).size === files.size) return files;
  const names = [...files.keys()].join(", ");
  throw bundleError(
    "FLASHER_BUNDLE_INVALID",
    `two files of the bundle have one name, and TFTP has no directories: ${names}`,
  );
}

/** The device tree of that name, or the bundle's default; undefined for a bundle without any. */
function variantOf({ dtb }: FlasherManifest["spec"], wanted: string | undefined) {
  if ((dtb === null || dtb === undefined) && wanted === undefined) return undefined;
  const name = wanted ?? dtb?.default ?? "";
  const known = dtb?.variants ?? {};
  if (Object.hasOwn(known, name)) return known[name];
  const names = Object.keys(known).join(", ");
  throw bundleError(
    "FLASHER_NO_VARIANT",
    `the flasher bundle has no device tree ${JSON.stringify(name)}; it has ${names === "" ? "none" : names}`,
  );
}

async function readCertificates(path: string | null | undefined, baseDirectory: string): Promise<string | null> {
  if (path === null || path === undefined) return null;
  const file = resolve(baseDirectory, path);
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    throw new JumpstarterError(`the certificates of cacert cannot be read: ${messageOf(cause)}`, {
      code: "failed-precondition",
      reason: "FLASHER_NO_CERTIFICATES",
      cause,
    });
  }
}

/** The tool that writes images on a board, where the exporter's machine has one to hand out. */
async function findFls(): Promise<string> {
  for (const directory of (process.env["PATH"] ?? "").split(delimiter)) {
    const file = join(directory, "fls");
    if (directory !== "" && (await isProgram(file))) return file;
  }
  throw new JumpstarterError("the exporter's machine has no program fls on its PATH to hand out", {
    code: "unsupported",
    reason: "FLASHER_NO_FLS",
  });
}

async function isProgram(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}
