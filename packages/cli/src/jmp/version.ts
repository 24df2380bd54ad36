import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import type { Input } from "../command.ts";
import type { Io } from "../io.ts";
import { show } from "../output.ts";

export async function version(input: Input, io: Io): Promise<void> {
  const directory = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
  const manifest: { readonly version: string } = JSON.parse(readFileSync(join(directory, "package.json"), "utf8"));
  const gitVersion = manifest.version;
  const nodeVersion = process.version;
  await show(input, io, {
    data: { gitVersion, nodeVersion },
    names: [gitVersion],
    lines: [`Jumpstarter v${gitVersion} from ${directory} (Node ${nodeVersion})`],
  });
}
