import type { FileHandle } from "node:fs/promises";
import type { Writable } from "node:stream";

import type { Part } from "./conditions.ts";

/** Small enough to stay in the processor's cache between the two copies, large enough that calls cost nothing beside. */
const blockBytes = 256 * 1024;

export interface SendOptions {
  readonly part: Part;
  /** Aborted when the receiver is gone. */
  readonly signal: AbortSignal;
  /** Asked before the last bytes go: false if the file is not any more what it was when it was opened. */
  readonly isUnchanged: () => Promise<boolean>;
}

/**
 * Sends a part of a file, one block being read while the one before it is written: two blocks of memory whatever the
 * size. Gives false, and keeps the last block back, if the file became shorter or changed meanwhile.
 */
export async function sendPart(
  handle: FileHandle,
  target: Writable,
  { part, signal, isUnchanged }: SendOptions,
): Promise<boolean> {
  const blocks = [Buffer.allocUnsafeSlow(blockBytes), Buffer.allocUnsafeSlow(blockBytes)] as const;
  const read = async (at: number, block: Buffer): Promise<Buffer> => {
    const { bytesRead } = await handle.read(block, 0, Math.min(blockBytes, part.to - at), at);
    return block.subarray(0, bytesRead);
  };
  let [current, other] = blocks;
  let at = part.from;
  let pending = read(at, current);
  while (at < part.to) {
    const chunk = await pending;
    if (chunk.length === 0) return false;
    at += chunk.length;
    if (at < part.to) {
      pending = read(at, other);
      // Looked at again by the loop, unless the write fails before.
      pending.catch(() => undefined);
    } else if (!(await isUnchanged())) return false;
    try {
      await written(target, chunk, signal);
    } catch (error) {
      await pending.catch(() => undefined);
      throw error;
    }
    [current, other] = [other, current];
  }
  return true;
}

/** Resolves when the system has taken the chunk, whose memory may be used anew then. */
async function written(target: Writable, chunk: Buffer, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const gone = (): void => reject(signal.reason);
  signal.addEventListener("abort", gone, { once: true });
  target.write(chunk, (error) => (error ? reject(error) : resolve()));
  try {
    await promise;
  } finally {
    signal.removeEventListener("abort", gone);
  }
}
