import { print, type Io } from "../io.ts";

/** The answer of a method: text as it is, nothing for nothing, anything else as JSON. */
export function showValue(io: Io, value: unknown): void {
  if (value === undefined || value === null) return;
  print(io, typeof value === "string" ? value : JSON.stringify(value, null, 2));
}
