import type { BusyboxShell, ShellOptions } from "./busybox-shell.ts";
import { flashError } from "./flash-error.ts";

export interface TransferOptions {
  /** A file with certificates, on the board. */
  readonly certificates?: string | undefined;
  readonly isInsecureTls?: boolean;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Command lines that fetch a URL on the board. */
export interface Fetcher {
  /** Succeeds when there is something to fetch, and fetches next to nothing. */
  probe(): string;
  print(): string;
  save(path: string): string;
}

/** Fetches with curl where the board has it, and else with the wget of busybox. */
export async function fetcherOf(
  shell: BusyboxShell,
  url: string,
  { signal, ...transfer }: ShellOptions & TransferOptions,
): Promise<Fetcher> {
  const { exitCode } = await shell.try("command -v curl", { signal });
  return exitCode === 0 ? curl(url, transfer) : wget(url, transfer);
}

/** Options that curl and fls share. */
export function transferOptions({
  isInsecureTls = false,
  certificates,
  headers = {},
}: TransferOptions): readonly string[] {
  return [
    ...(isInsecureTls ? ["-k"] : []),
    ...(certificates === undefined ? [] : ["--cacert", certificates]),
    ...Object.entries(headers).flatMap(([name, value]) => ["-H", quote(`${name}: ${value}`)]),
  ];
}

/** A word for the board's shell. */
export function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

function curl(url: string, transfer: TransferOptions): Fetcher {
  const words = [...transferOptions(transfer), quote(url)].join(" ");
  return {
    probe: () => `curl --location --max-time 30 --fail -sS -r 0-0 -o /dev/null ${words}`,
    print: () => `curl -fsSL ${words}`,
    save: (path) => `curl -fsSL ${words} -o ${path}`,
  };
}

function wget(url: string, { isInsecureTls = false, headers = {} }: TransferOptions): Fetcher {
  if (new URL(url).protocol === "https:" && !isInsecureTls) {
    throw flashError(
      "FLASH_BAD_OPTION",
      `the helper system has no curl, and its wget does not look at certificates: let the exporter fetch ${url}`,
    );
  }
  const given = Object.entries(headers).flatMap(([name, value]) => ["--header", quote(`${name}: ${value}`)]);
  const words = [...(isInsecureTls ? ["--no-check-certificate"] : []), ...given, quote(url)].join(" ");
  return {
    probe: () => `wget -q -T 30 --spider ${words}`,
    print: () => `wget -q -O - ${words}`,
    save: (path) => `wget -q -O ${path} ${words}`,
  };
}
