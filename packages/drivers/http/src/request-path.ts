/** What a request names: the parts of a path below the root, or the status and the sentence that refuse it. */
export type RequestPath = readonly string[] | Refusal;

export interface Refusal {
  readonly status: 400 | 403 | 404 | 405 | 412 | 416 | 500 | 503;
  readonly sentence: string;
}

/** Longest path in bytes: Linux's PATH_MAX. */
const maxBytes = 4_096;

/** Reads the target of a request, once decoded: `..` is refused however it is written, and a slash is a slash. */
export function parseRequestPath(target: string): RequestPath {
  const path = withoutOrigin(target);
  const encoded = path.replace(/[?#].*$/s, "");
  if (!encoded.startsWith("/")) return refused("the path of the request does not begin with a slash");
  let decoded: string;
  try {
    decoded = decodeURIComponent(encoded);
  } catch {
    return refused("the path of the request is not encoded as URLs are");
  }
  if (decoded.includes("\0")) return refused("the path of the request has a NUL character");
  if (Buffer.byteLength(decoded) >= maxBytes)
    return refused(`the path of the request is longer than ${maxBytes} bytes`);
  const words = decoded.split("/");
  if (words.includes("..")) return { status: 403, sentence: 'the path of the request has "..", which no path may' };
  if (process.platform === "win32" && /[\\:]/.test(decoded)) return refused("the path has a backslash or a colon");
  return words.filter((word) => word !== "" && word !== ".");
}

/** Proxies are asked with the whole URL, and servers have to understand it. */
function withoutOrigin(target: string): string {
  return /^https?:\/\/[^/]*/i.test(target) ? target.replace(/^https?:\/\/[^/]*/i, "") || "/" : target;
}

function refused(sentence: string): Refusal {
  return { status: 400, sentence };
}

export function isRefusal(found: RequestPath): found is Refusal {
  return "status" in found;
}
