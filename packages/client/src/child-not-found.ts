import { JumpstarterError } from "@jumpstarter-ts/core";

/** The error for a device that is not there: what is there instead, and the nearest name. */
export function childNotFound(parentPath: string, name: string, available: Iterable<string>): JumpstarterError {
  const names = [...available];
  const where = parentPath === "" ? "the exporter" : parentPath;
  const seen = names.length === 0 ? "it has no devices" : `it has ${names.toSorted().join(", ")}`;
  const nearest = nearestName(name, names);
  const hint = nearest === undefined ? "" : `; did you mean ${JSON.stringify(nearest)}?`;
  return new JumpstarterError(`${where} has no device ${JSON.stringify(name)}: ${seen}${hint}`, {
    code: "not-found",
    reason: "DEVICE_NOT_FOUND",
  });
}

/** The name that differs least, if it differs by no more than a third of its letters. */
export function nearestName(name: string, candidates: readonly string[]): string | undefined {
  let best: { readonly name: string; readonly distance: number } | undefined;
  for (const candidate of candidates) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    const limit = Math.max(1, Math.floor(Math.max(name.length, candidate.length) / 3));
    if (distance <= limit && (best === undefined || distance < best.distance)) best = { name: candidate, distance };
  }
  return best?.name;
}

/** Levenshtein's distance: how many letters to add, drop or replace. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let index = 0; index < from.length; index += 1) {
    const next = [index + 1];
    for (let column = 0; column < to.length; column += 1) {
      const replaced = (row[column] ?? 0) + (from[index] === to[column] ? 0 : 1);
      next.push(Math.min(replaced, (row[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
