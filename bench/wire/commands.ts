/** What a benchmark client is told to do; bench/python/wire_client.py has the same names. */
export type Command =
  | { readonly do: "unary"; readonly count: number; readonly inFlight: number }
  | { readonly do: "items" | "echo"; readonly count: number }
  | { readonly do: "up" | "down"; readonly chunkBytes: number; readonly totalBytes: number }
  | { readonly do: "write" | "read"; readonly path: string; readonly totalBytes: number }
  | { readonly do: "flash"; readonly path: string; readonly totalBytes: number; readonly encoding?: "zstd" }
  | {
      readonly do: "waitFor";
      readonly chunkBytes: number;
      readonly totalBytes: number;
      readonly pattern: string;
      /** Of pexpect: a search window, and reads of 64 KiB. */
      readonly tuned: boolean;
    }
  | { readonly do: "pid" };

/** What it measured, by name. */
export type Answer = Readonly<Record<string, number>>;
