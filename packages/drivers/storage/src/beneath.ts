import { constants, type Stats } from "node:fs";
import { lstat, mkdir, open, readlink, realpath, type FileHandle } from "node:fs/promises";
import { isAbsolute, join, relative, sep } from "node:path";

import { refuse, systemCode } from "./storage-error.ts";
import { outsideRoot, type StoragePath } from "./storage-path.ts";

export interface BeneathOptions {
  /** Follow a link in the last place of the path, if it stays below the root. */
  readonly follow?: boolean;
  /** The entry is a directory to look into: it is entered like those above it. */
  readonly enter?: boolean;
  /** Make the directories above the entry where they are missing. */
  readonly createParents?: boolean;
}

/** A directory that nobody leaves: finds entries below it, links that lead out refused. */
export interface Beneath {
  /** Runs `work` with a path for `node:fs` that names the entry while `work` runs. The entry may be absent. */
  <T>(path: StoragePath, options: BeneathOptions, work: (at: string) => Promise<T>): Promise<T>;
}

/** As Linux itself: a longer chain of links is taken for a loop. */
const maxLinks = 40;

const openDirectory = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;

/**
 * On Linux every step is taken from an open directory, as openat2 with RESOLVE_BENEATH does: a directory that is
 * replaced by a link between two steps changes nothing. Elsewhere each step is resolved and compared with the root,
 * which somebody with write access to the root can outrun.
 */
export function beneath(root: string, platform: NodeJS.Platform = process.platform): Beneath {
  return (path, options, work) =>
    platform === "linux" ? byHandles(root, path, options, work) : byNames(root, path, options, work);
}

async function byHandles<T>(
  root: string,
  path: StoragePath,
  { follow = false, enter: isEntered = false, createParents = false }: BeneathOptions,
  work: (at: string) => Promise<T>,
): Promise<T> {
  const opened: FileHandle[] = [];
  const enter = async (at: string): Promise<FileHandle> => {
    const handle = await open(at, openDirectory);
    opened.push(handle);
    return handle;
  };
  try {
    const realRoot = await realpath(root);
    const stack = [await enter(realRoot)];
    let pending = [...path.segments];
    let links = 0;
    for (;;) {
      const [name, ...rest] = pending;
      const top = `/proc/self/fd/${stack.at(-1)?.fd}`;
      if (name === undefined) return await work(`${top}/.`);
      if (name === "..") {
        if (stack.length === 1) throw outsideRoot(path.key);
        stack.pop();
        pending = rest;
        continue;
      }
      const at = `${top}/${name}`;
      const isLast = rest.length === 0 && !isEntered;
      const target = isLast && !follow ? undefined : await linkTarget(at);
      if (target !== undefined) {
        if (++links > maxLinks) throw refuse(`${path.key} leads through more than ${maxLinks} links`, "PATH_INVALID");
        const inner = isAbsolute(target) ? innerPath(realRoot, target, path) : target;
        if (isAbsolute(target)) stack.splice(1);
        pending = [...inner.split("/").filter((word) => word !== "" && word !== "."), ...rest];
      } else if (isLast) return await work(at);
      else {
        if (createParents) await makeDirectory(at);
        stack.push(await enter(at));
        pending = rest;
      }
    }
  } finally {
    await Promise.all(opened.map((handle) => handle.close()));
  }
}

async function byNames<T>(
  root: string,
  path: StoragePath,
  { follow = false, enter: isEntered = false, createParents = false }: BeneathOptions,
  work: (at: string) => Promise<T>,
): Promise<T> {
  const realRoot = await realpath(root);
  let at = realRoot;
  for (const [index, name] of path.segments.entries()) {
    const next = join(at, name);
    const isLast = index === path.segments.length - 1 && !isEntered;
    if (isLast && (!follow || (await linkTarget(next)) === undefined)) return work(next);
    if (!isLast && createParents) await makeDirectory(next);
    at = await realpath(next);
    innerPath(realRoot, at, path);
  }
  return work(at);
}

/** What of an absolute path lies below the root. */
function innerPath(root: string, target: string, path: StoragePath): string {
  const inner = relative(root, target);
  if (inner === ".." || inner.startsWith(`..${sep}`) || isAbsolute(inner)) throw outsideRoot(path.key);
  return inner;
}

async function linkTarget(at: string): Promise<string | undefined> {
  try {
    return await readlink(at);
  } catch (cause) {
    // EINVAL: it is no link.
    if (["EINVAL", "ENOENT", "ENOTDIR"].includes(systemCode(cause) ?? "")) return undefined;
    throw cause;
  }
}

async function makeDirectory(at: string): Promise<void> {
  try {
    await mkdir(at);
  } catch (cause) {
    if (systemCode(cause) !== "EEXIST") throw cause;
  }
}

/**
 * Opens what is at a path that {@link Beneath} gave, without following a link that was put there meanwhile and without
 * waiting for the other end of a pipe. Throws for anything but a file, before it is written to.
 */
export async function openFile(at: string, flags: number, what: string): Promise<{ handle: FileHandle; stats: Stats }> {
  const handle = await open(at, flags | constants.O_NOFOLLOW | constants.O_NONBLOCK, 0o666);
  try {
    const stats = await handle.stat();
    if (stats.isDirectory()) throw refuse(`${what} is a directory`, "IS_A_DIRECTORY");
    if (!stats.isFile()) throw refuse(`${what} is a device, a pipe or a socket and no file`, "NOT_A_FILE");
    return { handle, stats };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** Undefined where there is nothing. */
export async function statIfThere(at: string): Promise<Stats | undefined> {
  try {
    return await lstat(at);
  } catch (cause) {
    if (["ENOENT", "ENOTDIR"].includes(systemCode(cause) ?? "")) return undefined;
    throw cause;
  }
}
