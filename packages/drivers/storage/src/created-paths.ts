import type { StoragePath } from "./storage-path.ts";

/** What a session has made, by normalised paths. What was there before and was written again counts as made. */
export interface CreatedPaths {
  add(path: StoragePath): void;
  drop(path: StoragePath): void;
  all(): readonly string[];
}

export function createCreatedPaths(): CreatedPaths {
  const keys = new Set<string>();
  return {
    add: ({ key }) => void (key !== "" && keys.add(key)),
    drop: ({ key }) => void keys.delete(key),
    all: () => [...keys].toSorted(),
  };
}
