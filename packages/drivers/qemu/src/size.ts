import { JumpstarterError } from "@jumpstarter-ts/core";

const powers: Readonly<Record<string, number>> = { "": 0, k: 1, m: 2, g: 3, t: 4 };

/** Bytes of a size as upstream writes it: `512M` and `512MiB` count by 1024, `512MB` by 1000, a bare number is bytes. */
export function parseSize(size: string): number {
  const found = /^\s*(\d+(?:\.\d+)?)\s*([kmgt]?)(i?b)?\s*$/i.exec(size);
  const [, number = "", unit = "", suffix = ""] = found ?? [];
  const base = suffix.toLowerCase() === "b" ? 1_000 : 1_024;
  const bytes = Math.floor(Number(number) * base ** (powers[unit.toLowerCase()] ?? 0));
  if (found !== null && bytes > 0 && Number.isSafeInteger(bytes)) return bytes;
  throw new JumpstarterError(`${JSON.stringify(size)} is no size: write 20G, 512M or 2T`, {
    code: "invalid-argument",
    reason: "QEMU_SIZE_INVALID",
  });
}

/** Bytes of a memory. A bare number is MiB, as for QEMU's `-m`, to which upstream gives it. */
export function parseMemory(size: string): number {
  return parseSize(/^\s*\d+\s*$/.test(size) ? `${size}M` : size);
}
