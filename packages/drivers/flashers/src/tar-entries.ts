import { bundleError } from "./bundle-error.ts";

export interface TarEntry {
  readonly path: string;
  readonly kind: "file" | "directory";
  readonly size: number;
}

export interface TarReader {
  /** The next entry once the one before has been read, or undefined at the end. */
  next(): Promise<TarEntry | undefined>;
  /** What is in the entry, to be read to its end before the next one. */
  content(): AsyncGenerator<Buffer>;
}

const blockBytes = 512;
/** The longest path, and the most that a header of attributes may hold. */
const maxHeaderBytes = 64 * 1024;

/** Reads the files and directories of a tar archive (ustar, GNU's long names, POSIX attributes). Links are refused. */
export function readTar(source: AsyncIterable<Uint8Array>, what: string): TarReader {
  const input = createInput(source, what);
  let left = 0;
  let padding = 0;

  const text = async (size: number): Promise<string> => {
    if (size > maxHeaderBytes) throw broken(what, `a header has ${size} bytes`);
    const content = await input.take(size);
    await input.take(paddingOf(size));
    return content.toString();
  };

  return {
    async next() {
      // Left over by a reader that stopped early.
      while (left > 0) left -= (await input.some(left)).length;
      await input.take(padding);
      padding = 0;
      let attributes: Readonly<Record<string, string>> = {};
      for (;;) {
        const header = await input.header();
        if (header === undefined) return undefined;
        const { type, size, path } = header;
        if (type === "L") attributes = { ...attributes, path: cString(await text(size)) };
        else if (type === "x") attributes = { ...attributes, ...parseAttributes(await text(size), what) };
        else if (type === "g") await text(size);
        else {
          const actual = attributes["size"] === undefined ? size : Number(attributes["size"]);
          if (!Number.isSafeInteger(actual) || actual < 0) throw broken(what, `an entry has the size ${actual}`);
          const entry = { path: attributes["path"] ?? path, size: actual, kind: kindOf(type, path, what) };
          left = actual;
          padding = paddingOf(actual);
          return entry;
        }
      }
    },
    async *content() {
      while (left > 0) {
        const chunk = await input.some(left);
        left -= chunk.length;
        yield chunk;
      }
    },
  };
}

function createInput(source: AsyncIterable<Uint8Array>, what: string) {
  const iterator = source[Symbol.asyncIterator]();
  let held: Buffer = Buffer.alloc(0);

  const more = async (): Promise<void> => {
    const { done, value } = await iterator.next();
    if (done === true) throw broken(what, "it ends in the middle");
    held = held.length === 0 ? Buffer.from(value) : Buffer.concat([held, value]);
  };
  const take = async (size: number): Promise<Buffer> => {
    while (held.length < size) await more();
    const taken = held.subarray(0, size);
    held = held.subarray(size);
    return taken;
  };
  return {
    take,
    /** At least a byte, and no more than so many. */
    async some(most: number): Promise<Buffer> {
      if (held.length === 0) await more();
      return take(Math.min(held.length, most));
    },
    async header() {
      const block = await take(blockBytes);
      if (block.every((byte) => byte === 0)) return undefined;
      if (checksumOf(block) !== octal(block, 148, 8)) throw broken(what, "a header has a wrong checksum");
      const isUstar = block.toString("latin1", 257, 262) === "ustar";
      const prefix = isUstar && block[262] === 0 ? cString(block.toString("utf8", 345, 500)) : "";
      const name = cString(block.toString("utf8", 0, 100));
      const size = (block[124] ?? 0) >= 0x80 ? Number(block.readBigUInt64BE(128)) : octal(block, 124, 12);
      return { path: prefix === "" ? name : `${prefix}/${name}`, size, type: block.toString("latin1", 156, 157) };
    },
  };
}

function kindOf(type: string, path: string, what: string): TarEntry["kind"] {
  if (type === "0" || type === "\0" || type === "7") return path.endsWith("/") ? "directory" : "file";
  if (type === "5") return "directory";
  throw broken(what, `${path} is no file and no directory (its type is ${JSON.stringify(type)}): put copies into it`);
}

/** Lines of `length key=value`, the length that of the whole line in bytes. */
function parseAttributes(text: string, what: string): Record<string, string> {
  const content = Buffer.from(text);
  const found: Record<string, string> = {};
  for (let at = 0; at < content.length;) {
    const line = /^(\d{1,6}) ([^=]{1,200})=/.exec(content.toString("utf8", at, at + 256));
    const length = Number(line?.[1]);
    if (line === null || line[2] === undefined || length < line[0].length || at + length > content.length) {
      throw broken(what, "a header of attributes cannot be read");
    }
    found[line[2]] = content.toString("utf8", at + Buffer.byteLength(line[0]), at + length - 1);
    at += length;
  }
  return found;
}

function checksumOf(block: Buffer): number {
  return block.reduce((sum, byte, at) => sum + (at >= 148 && at < 156 ? 0x20 : byte), 0);
}

function octal(block: Buffer, start: number, length: number): number {
  return Number.parseInt(cString(block.toString("latin1", start, start + length)).trim() || "0", 8);
}

function cString(text: string): string {
  const end = text.indexOf("\0");
  return end < 0 ? text : text.slice(0, end);
}

function paddingOf(size: number): number {
  return (blockBytes - (size % blockBytes)) % blockBytes;
}

function broken(what: string, why: string): Error {
  return bundleError("FLASHER_BUNDLE_INVALID", `${what} cannot be unpacked: ${why}`);
}
