import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Few enough to stay in a processor's cache; collecting them takes 0.1 ms, receiving them 2 ms. */
const collectEveryBytes = 4 * 1024 ** 2;

let spentBytes = 0;
let collect: (() => void) | undefined;

/**
 * Node reads every 64 KiB of a connection into a buffer of its own. V8 frees what was read when its own young objects fill
 * their space, which is up to 128 MiB in Node 24, or it collects the whole heap once 64 MiB have piled up outside of
 * it. So we ask for a collection of the young objects, in whatever process this runs, while bytes flow. A decompressor
 * gives its output in buffers of the same kind.
 */
export function countSpent(bytes: number): void {
  spentBytes += bytes;
  if (spentBytes < collectEveryBytes) return;
  spentBytes = 0;
  (collect ??= minorCollection())();
}

/** What `--expose-gc` gives to contexts that are made under it: this one only. */
function minorCollection(): () => void {
  setFlagsFromString("--expose-gc");
  const gc: unknown = runInNewContext("gc");
  setFlagsFromString("--no-expose-gc");
  return typeof gc === "function" ? () => void gc({ type: "minor" }) : () => undefined;
}
