import { refuse } from "./storage-error.ts";

/** A path as a client wrote it, checked: it cannot leave the root by its words. Links are another matter. */
export interface StoragePath {
  /** No dots, no empty ones; none for the root. */
  readonly segments: readonly string[];
  /** True if it is written as a directory: with a slash at its end, or the root. */
  readonly isDirectory: boolean;
  /** `boot/a.img`: no slashes at the ends; empty for the root. */
  readonly key: string;
}

/** Longest path in bytes: Linux's PATH_MAX. */
const maxBytes = 4_096;

/**
 * Reads a path. It always starts from the root, with or without a slash in front. Throws `permission-denied`
 * (`PATH_OUTSIDE_ROOT`) for one that climbs over the root, `invalid-argument` (`PATH_INVALID`) for one that no file can
 * have.
 */
export function parsePath(given: string): StoragePath {
  if (given.includes("\0")) throw refuse(`${shown(given)} is no path: it has a NUL character`, "PATH_INVALID");
  if (Buffer.byteLength(given) >= maxBytes) {
    throw refuse(`the path is longer than ${maxBytes} bytes`, "PATH_INVALID");
  }
  const segments: string[] = [];
  const words = given.split("/");
  for (const word of words) {
    if (word === "" || word === ".") continue;
    if (word !== "..") segments.push(word);
    else if (segments.pop() === undefined) throw outsideRoot(given);
  }
  const isDirectory = segments.length === 0 || ["", ".", ".."].includes(words.at(-1) ?? "");
  return { segments, isDirectory, key: segments.join("/") };
}

/** The entry of this name in a directory. */
export function childOf(parent: StoragePath, name: string, isDirectory: boolean): StoragePath {
  const segments = [...parent.segments, name];
  return { segments, isDirectory, key: segments.join("/") };
}

/** As a listing names it: `/` for the root, `boot/` for a directory, `boot/a.img` for anything else. */
export function listedAs({ key, isDirectory }: StoragePath): string {
  return isDirectory ? `${key}/` : key;
}

export function outsideRoot(path: string): Error {
  return refuse(
    `${shown(path)} leads out of the storage's root, which no path may`,
    "PATH_OUTSIDE_ROOT",
    "permission-denied",
  );
}

export function shown(path: string): string {
  return JSON.stringify(path.length > 200 ? `${path.slice(0, 200)}…` : path);
}
