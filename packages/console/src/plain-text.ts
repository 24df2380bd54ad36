import { isAscii } from "node:buffer";

/**
 * Turns what a device sent into what a person reads, piece by piece: UTF-8 is decoded (broken bytes become U+FFFD),
 * escape sequences (CSI, OSC, DCS and the short ones) are left out, and `\r\n`, also with several `\r`, becomes `\n`.
 * A `\r` on its own stays. However the same bytes are cut into pieces, the pieces of text join to the same text.
 */
export interface PlainTextDecoder {
  /** The text that these bytes complete. A trailing `\r`, escape sequence or character that is not whole is held back. */
  write(bytes: Uint8Array): string;
  /** What was held back when the stream ended. */
  end(): string;
}

type State = "ground" | "escape" | "control" | "string" | "string-escape";

const LF = 0x0a;
const CR = 0x0d;
const ESC = 0x1b;

/** A parameter list or a title longer than this is noise on the line, not an escape sequence. */
const longestControl = 256;
const longestString = 4096;

export function createPlainTextDecoder(): PlainTextDecoder {
  let state: State = "ground";
  let swallowed = 0;
  let heldReturn = false;
  let scratch = Buffer.allocUnsafe(4096);
  /** Bytes at the front of `scratch` that begin a character whose rest has not come. */
  let held = 0;

  /** Copies what is not an escape sequence from `bytes` to `scratch`, from `held` on; returns the end of it. */
  function filter(bytes: Buffer): number {
    let out = held;
    let index = 0;
    while (index < bytes.length) {
      if (state !== "ground") {
        if (afterEscape(bytes[index] ?? 0) === "taken") index++;
        continue;
      }
      const escape = bytes.indexOf(ESC, index);
      const end = escape < 0 ? bytes.length : escape;
      out += bytes.copy(scratch, out, index, end);
      if (escape >= 0) enter("escape");
      index = end + 1;
    }
    return out;
  }

  function enter(next: State): void {
    state = next;
    swallowed = 0;
  }

  /** One byte inside an escape sequence; "again" when it turns out not to belong to it. */
  function afterEscape(byte: number): "taken" | "again" {
    swallowed++;
    const isPrintable = byte >= 0x20 && byte <= 0x7e;
    if (byte === ESC) enter(state === "string" ? "string-escape" : "escape");
    else if (state === "string-escape") {
      enter(byte === 0x5c ? "ground" : "escape");
      return byte === 0x5c ? "taken" : "again";
    } else if (state === "string") {
      // BEL, CAN and SUB end it. A line end does too: a stray byte must not swallow more than its line.
      if (byte === 0x07 || byte === 0x18 || byte === 0x1a) enter("ground");
      else if (byte === LF || byte === CR || swallowed > longestString) return leave();
    } else if (!isPrintable || swallowed > longestControl) return leave();
    else if (state === "control") {
      if (byte >= 0x40) enter("ground");
    } else if (byte === 0x5b && swallowed === 1) enter("control");
    else if (swallowed === 1 && (byte === 0x5d || byte === 0x50 || byte === 0x58 || byte === 0x5e || byte === 0x5f)) {
      enter("string");
    } else if (byte >= 0x30) enter("ground");
    return "taken";
  }

  function leave(): "again" {
    enter("ground");
    return "again";
  }

  /** The characters that are whole; the bytes of the last one, when it is not, stay at the front of `scratch`. */
  function decode(bytes: Buffer): string {
    const isPlain = isAscii(bytes);
    const rest = isPlain ? 0 : incompleteTail(bytes, bytes.length);
    const text = bytes.toString(isPlain ? "latin1" : "utf8", 0, bytes.length - rest);
    if (rest > 0) bytes.copy(scratch, 0, bytes.length - rest);
    held = rest;
    return text;
  }

  function normaliseLineEnds(text: string): string {
    const whole = heldReturn ? `\r${text}` : text;
    heldReturn = false;
    let result = whole.replaceAll("\r\n", "\n");
    if (!result.includes("\r")) return result;
    result = whole.replaceAll(/\r+\n/g, "\n").replaceAll(/\r+/g, "\r");
    heldReturn = result.endsWith("\r");
    return heldReturn ? result.slice(0, -1) : result;
  }

  return {
    write(bytes) {
      const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      if (held === 0 && state === "ground" && !view.includes(ESC)) return normaliseLineEnds(decode(view));
      const needed = bytes.length + held;
      if (scratch.length < needed) {
        const larger = Buffer.allocUnsafe(needed * 2);
        scratch.copy(larger, 0, 0, held);
        scratch = larger;
      }
      return normaliseLineEnds(decode(scratch.subarray(0, filter(view))));
    },
    end() {
      const text = normaliseLineEnds(scratch.toString("utf8", 0, held)) + (heldReturn ? "\r" : "");
      held = 0;
      heldReturn = false;
      return text;
    },
  };
}

/** The text of bytes that are all there. */
export function plainText(bytes: Uint8Array): string {
  const decoder = createPlainTextDecoder();
  return decoder.write(bytes) + decoder.end();
}

/**
 * How many of the last bytes (0 to 3) begin a character whose rest may still come. Follows the table of well-formed
 * byte sequences of the Unicode standard (3-7), so that what is held back is never already broken.
 */
function incompleteTail(bytes: Uint8Array, end: number): number {
  for (let length = 1; length <= 3 && length <= end; length++) {
    const lead = bytes[end - length] ?? 0;
    if (lead >= 0x80 && lead < 0xc0) continue;
    const whole =
      lead >= 0xc2 && lead < 0xe0 ? 2 : lead >= 0xe0 && lead < 0xf0 ? 3 : lead >= 0xf0 && lead < 0xf5 ? 4 : 1;
    if (whole <= length) return 0;
    const second = bytes[end - length + 1] ?? 0;
    const lowest = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
    const highest = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
    return length === 1 || (second >= lowest && second <= highest) ? length : 0;
  }
  return 0;
}
