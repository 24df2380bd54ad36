import { JumpstarterError } from "@jumpstarter-ts/core";

/** The text that stands for the bytes on the wire. Only bytes that are UTF-8 have one. */
export function textOf(data: Uint8Array, what: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(data);
  } catch (cause) {
    throw new JumpstarterError(
      `${what} cannot send these ${data.length} bytes: upstream's driver takes only what is valid UTF-8`,
      { code: "unsupported", reason: "XCP_BYTES_UNSUPPORTED", cause },
    );
  }
}

export function bytesOf(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, "utf8"));
}
