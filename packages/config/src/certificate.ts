import { readFileSync } from "node:fs";
import { resolve } from "node:path";

const begin = "-----BEGIN";

/**
 * The PEM of a `tls.ca`: base64 of PEM as 0.9 has it, PEM itself, or the path of a PEM file as older files have it.
 * `undefined` for none; `null` where it is none of the three.
 */
export function readCertificate(text: string, baseDirectory: string): string | undefined | null {
  const trimmed = text.trim();
  if (trimmed === "") return undefined;
  if (trimmed.includes(begin)) return trimmed;
  const decoded = Buffer.from(trimmed, "base64").toString("utf8");
  if (decoded.includes(begin)) return decoded;
  try {
    const read = readFileSync(resolve(baseDirectory, trimmed), "utf8");
    return read.includes(begin) ? read : null;
  } catch {
    return null;
  }
}
