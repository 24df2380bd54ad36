import type { StorageBackend } from "./backend.ts";
import { childOf, listedAs, type StoragePath } from "./storage-path.ts";

/**
 * A listing as upstream gives it: of `boot/`, the directory itself and what is in it; of `boot`, everything in the
 * directory above whose name begins with it. Nothing there is an empty listing. Links are named, never entered.
 */
export async function* listEntries(
  backend: StorageBackend,
  path: StoragePath,
  { isRecursive }: { readonly isRecursive: boolean },
): AsyncGenerator<string> {
  if (path.isDirectory) {
    const children = await backend.children(path);
    if (children === undefined) return;
    yield listedAs(path);
    yield* below(backend, path, isRecursive, "");
    return;
  }
  const segments = path.segments.slice(0, -1);
  const parent = { segments, isDirectory: true, key: segments.join("/") };
  yield* below(backend, parent, isRecursive, path.segments.at(-1) ?? "");
}

async function* below(
  backend: StorageBackend,
  parent: StoragePath,
  isRecursive: boolean,
  prefix: string,
): AsyncGenerator<string> {
  for (const { name, isDirectory } of (await backend.children(parent)) ?? []) {
    if (!name.startsWith(prefix)) continue;
    const child = childOf(parent, name, isDirectory);
    yield listedAs(child);
    if (isDirectory && isRecursive) yield* below(backend, child, isRecursive, "");
  }
}

/** Removes an entry and all below it; of the root, all below it. Links are removed, never entered. */
export async function removeTree(backend: StorageBackend, path: StoragePath): Promise<void> {
  const found = path.segments.length === 0 ? "directory" : await kindOf(backend, path);
  if (found === "directory") {
    for (const { name, isDirectory } of (await backend.children(path)) ?? []) {
      const child = childOf(path, name, isDirectory);
      await (isDirectory ? removeTree(backend, child) : backend.remove(child));
    }
  }
  if (path.segments.length > 0) await backend.remove(path);
}

/** As the directory above lists it, so that a link is not taken for what it leads to. */
async function kindOf(backend: StorageBackend, { segments }: StoragePath): Promise<"directory" | "other"> {
  const above = segments.slice(0, -1);
  const siblings = await backend.children({ segments: above, isDirectory: true, key: above.join("/") });
  return siblings?.find(({ name }) => name === segments.at(-1))?.isDirectory === true ? "directory" : "other";
}
