import { Transform } from "node:stream";

/**
 * Cuts .zst bytes where a frame ends, and leaves them as they are otherwise. Node's decompressor drops, without a word,
 * what follows a frame in the same chunk; a file from pzstd, or of several pieces, would lose all but its first.
 * Frames are described in RFC 8878, 3.1.
 */
export function cutZstdFrames(): Transform {
  const frames = frameReader();
  return new Transform({
    transform(chunk: Uint8Array, _encoding, callback) {
      let from = 0;
      for (const end of frames.ends(chunk)) {
        this.push(chunk.subarray(from, end));
        from = end;
      }
      callback(null, from === chunk.length ? null : chunk.subarray(from));
    },
    // Node 22 takes a file that ends within a frame for a whole one.
    flush(callback) {
      callback(frames.isInside() ? new Error("unexpected end of file") : null);
    },
  });
}

type Part = "magic" | "skippable" | "descriptor" | "block" | "skip" | "lost";

/** Follows the structure of frames across chunks; what is none is left to the decompressor to refuse. */
function frameReader() {
  let part: Part = "magic";
  let wanted = 4;
  const field = Buffer.alloc(4);
  let filled = 0;
  let skipBytes = 0;
  let isLastBlock = false;
  let hasChecksum = false;

  /** What a whole field says about the next one. */
  function read(): void {
    switch (part) {
      case "magic": {
        const magic = field.readUInt32LE();
        if (magic === frameMagic) return expect("descriptor", 1);
        if (magic >>> 4 === skippableMagic) return expect("skippable", 4);
        return expect("lost", 0);
      }
      case "skippable":
        isLastBlock = true;
        hasChecksum = false;
        return skip(field.readUInt32LE());
      case "descriptor":
        hasChecksum = (field.readUInt8() & 4) !== 0;
        isLastBlock = false;
        return skip(headerBytes(field.readUInt8()));
      case "block": {
        const header = field.readUIntLE(0, 3);
        isLastBlock = (header & 1) !== 0;
        const isRun = ((header >>> 1) & 3) === 1;
        return skip((isRun ? 1 : header >>> 3) + (isLastBlock && hasChecksum ? 4 : 0));
      }
      case "skip":
      case "lost":
        return undefined;
    }
  }

  function expect(next: Part, bytes: number): void {
    part = next;
    wanted = bytes;
    filled = 0;
  }

  function skip(bytes: number): void {
    expect("skip", 0);
    skipBytes = bytes;
  }

  return {
    /** Whether a frame has begun that has not ended. */
    isInside: () => part !== "lost" && !(part === "magic" && filled === 0),
    /** Where, in this chunk, frames end. */
    *ends(chunk: Uint8Array): Generator<number> {
      let at = 0;
      for (;;) {
        if (part === "lost") return;
        if (part === "skip") {
          const skipped = Math.min(skipBytes, chunk.length - at);
          at += skipped;
          skipBytes -= skipped;
          if (skipBytes > 0) return;
          if (isLastBlock) {
            yield at;
            expect("magic", 4);
          } else expect("block", 3);
        }
        for (; filled < wanted && at < chunk.length; at += 1, filled += 1) field[filled] = chunk[at] ?? 0;
        if (filled < wanted) return;
        read();
      }
    },
  };
}

const frameMagic = 0xfd2fb528;
/** Without its last four bits, which are free. */
const skippableMagic = 0x184d2a5;

/** Of the rest of a frame's header, after its first byte. */
function headerBytes(descriptor: number): number {
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const contentSizeBytes = [isSingleSegment ? 1 : 0, 2, 4, 8][descriptor >>> 6] ?? 0;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3] ?? 0;
  return (isSingleSegment ? 0 : 1) + dictionaryBytes + contentSizeBytes;
}
