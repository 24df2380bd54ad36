import type { BusyboxShell } from "./busybox-shell.ts";
import { fetcherOf, quote, transferOptions, type TransferOptions } from "./fetcher.ts";
import { flashError } from "./flash-error.ts";

export interface WriteOptions extends TransferOptions {
  readonly url: string;
  /** Path on the board. */
  readonly target: string;
  /** `fls` is a tool for it, `shell` is curl, the unpacker and dd. */
  readonly method: "fls" | "shell";
  /** Where the board gets fls from; its own otherwise. */
  readonly flsUrl?: string | undefined;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** Writes what is at a URL to a block device of the board, on the board. */
export async function writeImage(shell: BusyboxShell, options: WriteOptions): Promise<void> {
  const { url, target, method, timeoutMs, signal } = options;
  const limits = { signal };
  if (method === "fls") {
    if (options.flsUrl !== undefined) {
      const fetcher = await fetcherOf(shell, options.flsUrl, limits);
      await shell.run(`${fetcher.save("/sbin/fls")} && chmod +x /sbin/fls`, limits);
    }
    const words = ["fls from-url -i 1.0 -n", ...transferOptions(options), "--o-direct", quote(url), target];
    await shell.run(words.join(" "), { timeoutMs, signal });
  } else {
    const fetcher = await fetcherOf(shell, url, { ...limits, ...options });
    // Fails early and says why, where the pipe would only fail.
    await shell.run(fetcher.probe(), limits);
    const unpack = unpackerOf(url);
    const write = `dd of=${target} bs=64k iflag=fullblock oflag=direct`;
    await shell.run(`( set -o pipefail; ${fetcher.print()} | ${unpack}${write} )`, { timeoutMs, signal });
  }
  await shell.run("sync", { timeoutMs, signal });
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

function unpackerOf(url: string): string {
  const path = new URL(url).pathname.toLowerCase();
  if (/\.(gz|gzip)$/.test(path)) return "zcat | ";
  if (path.endsWith(".xz")) return "xzcat | ";
  if (path.endsWith(".zst")) return "zstdcat | ";
  return "";
}
