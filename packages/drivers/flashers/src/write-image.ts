import type { BusyboxShell } from "./busybox-shell.ts";
import { flashError } from "./flash-error.ts";

export interface WriteOptions {
  readonly url: string;
  /** Path on the board. */
  readonly target: string;
  /** `fls` is a tool for it, `shell` is curl, the unpacker and dd. */
  readonly method: "fls" | "shell";
  /** A file with certificates, on the board. */
  readonly certificates?: string | undefined;
  readonly isInsecureTls: boolean;
  readonly headers: Readonly<Record<string, string>>;
  /** Where the board gets fls from; its own otherwise. */
  readonly flsUrl?: string | undefined;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** Writes what is at a URL to a block device of the board, on the board. */
export async function writeImage(shell: BusyboxShell, options: WriteOptions): Promise<void> {
  const { url, target, method, timeoutMs, signal } = options;
  const limits = { signal };
  const transfer = [...transferOptions(options), quote(url)].join(" ");
  if (method === "fls") {
    if (options.flsUrl !== undefined) {
      await shell.run(`curl -fsSL ${quote(options.flsUrl)} -o /sbin/fls && chmod +x /sbin/fls`, limits);
    }
    const words = ["fls from-url -i 1.0 -n", ...transferOptions(options), "--o-direct", quote(url), target];
    await shell.run(words.join(" "), { timeoutMs, signal });
  } else {
    // Fails early and says why, where the pipe would only fail.
    await shell.run(`curl --location --max-time 30 --fail -sS -r 0-0 -o /dev/null ${transfer}`, limits);
    const unpack = unpackerOf(url);
    const write = `dd of=${target} bs=64k iflag=fullblock oflag=direct`;
    await shell.run(`( set -o pipefail; curl -fsSL ${transfer} | ${unpack}${write} )`, { timeoutMs, signal });
  }
  await shell.run("sync", { timeoutMs, signal });
}

/** A word for the board's shell. */
export function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

/** Refuses what would be another header, or another command. */
export function checkHeaders(headers: Readonly<Record<string, string>>): void {
  const seen = new Set<string>();
  for (const [name, value] of Object.entries(headers)) {
    const isSound = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name) && !/[\r\n]/.test(value);
    if (!isSound) throw flashError("FLASH_BAD_OPTION", `${JSON.stringify(name)} is no header that can be sent`);
    if (seen.has(name.toLowerCase())) throw flashError("FLASH_BAD_OPTION", `the header ${name} is given twice`);
    seen.add(name.toLowerCase());
  }
}

function transferOptions({ isInsecureTls, certificates, headers }: WriteOptions): readonly string[] {
  return [
    ...(isInsecureTls ? ["-k"] : []),
    ...(certificates === undefined ? [] : ["--cacert", certificates]),
    ...Object.entries(headers).flatMap(([name, value]) => ["-H", quote(`${name}: ${value}`)]),
  ];
}

function unpackerOf(url: string): string {
  const path = new URL(url).pathname.toLowerCase();
  if (/\.(gz|gzip)$/.test(path)) return "zcat | ";
  if (path.endsWith(".xz")) return "xzcat | ";
  if (path.endsWith(".zst")) return "zstdcat | ";
  return "";
}
