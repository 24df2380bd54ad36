import { Duplex } from "node:stream";

const mostBytes = 256 * 1024;

/** Joins what gathers while its reader is busy: what comes in pieces of 16 KiB costs a decompressor a round each. */
export function gather(): Duplex {
  let wanted: (() => void) | undefined;
  return new Duplex({
    writableHighWaterMark: mostBytes,
    readableHighWaterMark: 1,
    read() {
      const more = wanted;
      wanted = undefined;
      more?.();
    },
    write(chunk: Uint8Array, _encoding, done) {
      wanted = done;
      this.push(chunk);
    },
    writev(chunks, done) {
      wanted = done;
      // Bytes, for strings are decoded before.
      this.push(Buffer.concat(chunks.map(({ chunk }) => chunk as Uint8Array)));
    },
    final(done) {
      this.push(null);
      done();
    },
  });
}
