import { realpath, stat } from "node:fs/promises";
import { join, posix, sep } from "node:path";

import { messageOf } from "@jumpstarter-ts/core";

import { bundleError } from "./bundle-error.ts";

/** Where a file of a bundle lies; refuses what would lie elsewhere. */
export function pathInBundle(directory: string, path: string, what: string): string {
  const normal = posix.normalize(path);
  const leadsOut = normal === ".." || normal.startsWith("../") || posix.isAbsolute(normal);
  if (leadsOut || normal === "." || /[\0\\]/.test(path)) {
    throw bundleError("FLASHER_BUNDLE_INVALID", `${what} names ${JSON.stringify(path)}, which is no path in a bundle`);
  }
  return join(directory, normal);
}

/** A file of a bundle that is there, and is in the bundle also after links have been followed. */
export async function fileOfBundle(directory: string, path: string, what: string): Promise<string> {
  const file = pathInBundle(directory, path, what);
  try {
    const [real, root] = await Promise.all([realpath(file), realpath(directory)]);
    if (!real.startsWith(root + sep)) {
      throw bundleError("FLASHER_BUNDLE_INVALID", `${path} of ${what} is a link that leads out of the bundle`);
    }
    if ((await stat(real)).isFile()) return real;
  } catch (cause) {
    if (!(cause instanceof Error && "code" in cause && cause.code === "ENOENT")) throw cause;
    throw bundleError("FLASHER_BUNDLE_MISSING", `${what} has no file ${path}: ${messageOf(cause)}`, cause);
  }
  throw bundleError("FLASHER_BUNDLE_INVALID", `${path} of ${what} is no file`);
}
