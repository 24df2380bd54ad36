/** The bytes of a recording as they came, in slabs; the oldest can be dropped. Offsets count from the first byte ever. */
export interface ByteLog {
  /** Offset of the oldest byte that is still there. */
  readonly start: number;
  /** Offset after the newest byte. */
  readonly end: number;
  append(bytes: Uint8Array): void;
  slice(from: number, to: number): Uint8Array;
  /** Frees the slabs that lie wholly before `offset`. */
  dropBefore(offset: number): void;
}

const slabSize = 64 * 1024;

export function createByteLog(): ByteLog {
  let slabs: Uint8Array[] = [];
  /** Offset of the first byte of the first slab. */
  let slabsFrom = 0;
  let start = 0;
  let end = 0;

  return {
    get start() {
      return start;
    },
    get end() {
      return end;
    },
    append(bytes) {
      let taken = 0;
      while (taken < bytes.length) {
        const filled = end - slabsFrom - (slabs.length - 1) * slabSize;
        let slab = slabs.at(-1);
        let at = filled;
        if (slab === undefined || filled === slabSize) {
          slab = new Uint8Array(slabSize);
          slabs.push(slab);
          at = 0;
        }
        const part = bytes.subarray(taken, taken + slabSize - at);
        slab.set(part, at);
        taken += part.length;
        end += part.length;
      }
    },
    slice(from, to) {
      const low = Math.max(from, start);
      const high = Math.min(to, end);
      const result = new Uint8Array(Math.max(0, high - low));
      for (let offset = low; offset < high;) {
        const within = (offset - slabsFrom) % slabSize;
        const slab = slabs[(offset - slabsFrom - within) / slabSize];
        if (slab === undefined) break;
        const part = slab.subarray(within, within + high - offset);
        result.set(part, offset - low);
        offset += part.length;
      }
      return result;
    },
    dropBefore(offset) {
      start = Math.max(start, Math.min(offset, end));
      const whole = Math.floor((start - slabsFrom) / slabSize);
      if (whole < 1) return;
      slabs = slabs.slice(whole);
      slabsFrom += whole * slabSize;
    },
  };
}
