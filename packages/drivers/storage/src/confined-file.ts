import { constants, type BigIntStats } from "node:fs";
import { open, readlink, realpath, stat, type FileHandle } from "node:fs/promises";
import { join, sep } from "node:path";

export interface ConfinedFile extends AsyncDisposable {
  readonly handle: FileHandle;
  readonly stats: BigIntStats;
}

/** Why a file is not given: `outside` the root, `absent`, not a `file`, not `allowed`, or `failed` for another reason. */
export type Denial = "outside" | "absent" | "no-file" | "not-allowed" | "failed";

/**
 * Opens a file below a directory for reading. Links are followed as far as they stay below it. On Linux what was opened
 * is looked at once more, so that a directory which was swapped for a link meanwhile changes nothing.
 */
export async function openConfined(root: string, segments: readonly string[]): Promise<ConfinedFile | Denial> {
  let handle: FileHandle | undefined;
  try {
    const realRoot = await realpath(root);
    const path = await realpath(join(realRoot, ...segments));
    if (!isBelow(realRoot, path)) return "outside";
    // Looked at before it is opened: opening a device can do something, a pipe waits for its other end.
    if (!(await stat(path)).isFile()) return "no-file";
    handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const stats = await handle.stat({ bigint: true });
    if (!stats.isFile()) return "no-file";
    const isSame = process.platform !== "linux" || isBelow(realRoot, await readlink(`/proc/self/fd/${handle.fd}`));
    if (!isSame) return "outside";
    const opened = handle;
    handle = undefined;
    return { handle: opened, stats, [Symbol.asyncDispose]: () => opened.close() };
  } catch (cause) {
    return denials[systemCode(cause)] ?? "failed";
  } finally {
    await handle?.close();
  }
}

const denials: Readonly<Record<string, Denial>> = {
  ENOENT: "absent",
  ENOTDIR: "absent",
  ENAMETOOLONG: "absent",
  ELOOP: "outside",
  EACCES: "not-allowed",
  EPERM: "not-allowed",
};

function isBelow(root: string, path: string): boolean {
  return path === root || path.startsWith(root.endsWith(sep) ? root : `${root}${sep}`);
}

function systemCode(cause: unknown): string {
  return cause instanceof Error && "code" in cause ? String(cause.code) : "";
}
