/**
 * What Node is started with where a process of ours hosts drivers. Node 24 lets the young part of the heap grow to
 * 128 MiB, and collects it only then: the buffers of a stream pile up until the whole heap is collected, for their sake.
 * 4 MiB are enough for 32 calls at once. With as little to do, helping threads only have to be waited for.
 */
export const nodeFlags: readonly string[] = ["--max-semi-space-size=4", "--no-parallel-scavenge"];
