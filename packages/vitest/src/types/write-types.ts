import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import type { Device } from "@jumpstarter-ts/client";
import type { DriverPackage } from "@jumpstarter-ts/config";

import { readEntries, typeOf, typesText } from "./types-text.ts";

export interface TypesWriter {
  /** Adds or replaces the type of an exporter; the file is touched only if that changes it. */
  write(name: string, root: Device): Promise<void>;
}

export interface TypesWriterOptions {
  /** Where `jumpstarter-env.d.ts` is. */
  readonly directory: string;
  /** The exporters that there are: entries of others are dropped. */
  readonly names: readonly string[];
  readonly packages: () => readonly DriverPackage[];
}

/** Keeps `jumpstarter-env.d.ts` as the exporters are. Two that open at once write one after the other. */
export function createTypesWriter({ directory, names, packages }: TypesWriterOptions): TypesWriter {
  const file = join(directory, "jumpstarter-env.d.ts");
  let last: Promise<void> = Promise.resolve();

  const rewrite = async (name: string, root: Device): Promise<void> => {
    const text = await readFile(file, "utf8").catch(() => "");
    const entries = new Map([...readEntries(text)].filter(([known]) => names.includes(known)));
    entries.set(name, typeOf(root, packages()));
    const wanted = typesText(entries);
    if (wanted !== text) await writeFile(file, wanted);
  };

  return {
    write(name, root) {
      last = last.catch(() => undefined).then(() => rewrite(name, root));
      return last;
    },
  };
}
