import type { IncomingHttpHeaders } from "node:http";

/** What identifies one state of a file. */
export interface Version {
  /** In quotes, strong. */
  readonly etag: string;
  /** Whole seconds, as an HTTP date tells them. */
  readonly modified: Date;
  readonly size: number;
}

/** Bytes of a file: from the first up to, not including, the last. */
export interface Part {
  readonly from: number;
  readonly to: number;
}

/** What the conditional headers of a request make of it, in the order of RFC 9110 §13.2.2. */
export type Outcome =
  | { readonly status: 200 | 206; readonly part: Part }
  | { readonly status: 304 }
  | { readonly status: 412 }
  | { readonly status: 416 };

export function decide(headers: IncomingHttpHeaders, version: Version): Outcome {
  const { etag, modified, size } = version;
  const ifMatch = headers["if-match"];
  const unmodifiedSince = dateOf(headers["if-unmodified-since"]);
  if (ifMatch !== undefined ? !lists(ifMatch, etag) : unmodifiedSince !== undefined && modified > unmodifiedSince) {
    return { status: 412 };
  }
  const ifNoneMatch = headers["if-none-match"];
  const modifiedSince = dateOf(headers["if-modified-since"]);
  // A weak tag names the same bytes here, which is all that a cache asks.
  const isKnown = ifNoneMatch === undefined ? undefined : lists(ifNoneMatch.replaceAll("W/", ""), etag);
  if (isKnown ?? (modifiedSince !== undefined && modified <= modifiedSince)) return { status: 304 };
  const whole = { status: 200, part: { from: 0, to: size } } as const;
  if (headers.range === undefined || !isCurrent(headers["if-range"]?.toString(), version)) return whole;
  const part = parseRange(headers.range, size);
  if (part === "ignored") return whole;
  return part === "unsatisfiable" ? { status: 416 } : { status: 206, part };
}

/** One range of bytes. Other units, several ranges and what makes no sense are ignored, as RFC 9110 §14.2 allows. */
export function parseRange(header: string, size: number): Part | "ignored" | "unsatisfiable" {
  const match = /^\s*bytes\s*=\s*(\d*)\s*-\s*(\d*)\s*$/i.exec(header);
  if (match === null) return "ignored";
  const [, first = "", last = ""] = match;
  if (first === "" && last === "") return "ignored";
  if (first === "") {
    const length = Math.min(Number(last), size);
    return length === 0 ? "unsatisfiable" : { from: size - length, to: size };
  }
  const from = Number(first);
  if (last !== "" && Number(last) < from) return "ignored";
  if (from >= size) return "unsatisfiable";
  return { from, to: last === "" ? size : Math.min(Number(last) + 1, size) };
}

function lists(header: string, etag: string): boolean {
  return header.split(",").some((tag) => ["*", etag].includes(tag.trim()));
}

function isCurrent(ifRange: string | undefined, { etag, modified }: Version): boolean {
  if (ifRange === undefined || ifRange === etag) return true;
  return dateOf(ifRange)?.getTime() === modified.getTime();
}

function dateOf(header: string | undefined): Date | undefined {
  if (header === undefined || !/^[A-Z][a-z]{2,}, /.test(header)) return undefined;
  const date = new Date(header);
  return Number.isNaN(date.getTime()) ? undefined : date;
}
