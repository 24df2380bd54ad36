import { JumpstarterError, messageOf } from "@jumpstarter-ts/core";

import { decodeJpeg } from "./jpeg.ts";
import { unreadable, type Picture } from "./picture.ts";
import { decodePng } from "./png.ts";

/** Decodes a JPEG (baseline) or a PNG (eight bits a colour), whichever it is. */
export function decodeImage(bytes: Uint8Array): Picture {
  const kind = bytes[0] === 0x89 ? "PNG" : "JPEG";
  try {
    return kind === "PNG" ? decodePng(bytes) : decodeJpeg(bytes);
  } catch (cause) {
    // What is cut off may be read beyond its end.
    throw cause instanceof JumpstarterError ? cause : unreadable(kind, messageOf(cause), cause);
  }
}
