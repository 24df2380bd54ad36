import type { Options } from "./packet.ts";

/** What a transfer goes by, after the client's wishes and the server's limits. */
export interface Agreement {
  /** Bytes of data in a block; RFC 2348. */
  readonly blockBytes: number;
  /** Blocks that are sent before an acknowledgement is due; RFC 7440. */
  readonly windowBlocks: number;
  /** Milliseconds without an answer until the last packets are sent again; RFC 2349. */
  readonly timeoutMs: number;
  /** The options that the server confirms; none if the client asked for none that it knows. */
  readonly confirmed: Options;
}

const defaultBlockBytes = 512;
/** RFC 2348: what fits into a UDP packet beside its headers is more, but this is the most that may be agreed on. */
const largestBlockBytes = 65_464;
/** More only overflows the buffers of those who receive: Linux gives a socket 208 KiB, bookkeeping included. */
const largestWindowBlocks = 64;
const largestWindowBytes = 128 * 1024;

export interface AgreeOptions {
  /** What is known of the file's length. */
  readonly sizeBytes?: number | undefined;
  readonly defaultTimeoutMs: number;
}

/** An option that is unknown or makes no sense is left out of the confirmation, as RFC 2347 asks. */
export function agree(wishes: Options, { sizeBytes, defaultTimeoutMs }: AgreeOptions): Agreement {
  const confirmed = new Map<string, string>();
  const blockBytes = confirm("blksize", 8, (wish) => Math.min(wish, largestBlockBytes)) ?? defaultBlockBytes;
  const mostBlocks = Math.min(largestWindowBlocks, Math.max(1, Math.floor(largestWindowBytes / blockBytes)));
  const windowBlocks = confirm("windowsize", 1, (wish) => Math.min(wish, mostBlocks)) ?? 1;
  const seconds = confirm("timeout", 1, (wish) => (wish <= 255 ? wish : undefined));
  confirm("tsize", 0, () => sizeBytes);
  const timeoutMs = seconds === undefined ? defaultTimeoutMs : seconds * 1_000;
  return { blockBytes, windowBlocks, timeoutMs, confirmed };

  function confirm(name: string, least: number, answer: (wish: number) => number | undefined): number | undefined {
    const wish = wishes.get(name);
    // RFC 7440 and its like: at most 65535; a size may have more digits.
    if (wish === undefined || !/^\d{1,15}$/.test(wish) || Number(wish) < least) return undefined;
    const value = answer(Number(wish));
    if (value !== undefined) confirmed.set(name, String(value));
    return value;
  }
}
