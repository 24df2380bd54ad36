/** Proves that every package can be published: publint finds nothing, and a README stands beside each. */
import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { publint } from "publint";
import { formatMessage } from "publint/utils";

import { root } from "./step.ts";

let defects = 0;
for (const manifestPath of globSync("packages/{*,drivers/*}/package.json", { cwd: root })) {
  const directory = dirname(manifestPath);
  const manifest: { private?: boolean } = JSON.parse(readFileSync(join(root, manifestPath), "utf8"));
  if (manifest.private) continue;
  if (!existsSync(join(root, directory, "README.md"))) report(directory, "README.md is missing");
  const { messages, pkg } = await publint({ pkgDir: join(root, directory), strict: true, pack: false });
  for (const message of messages) report(directory, formatMessage(message, pkg) ?? message.code);
}
process.exitCode = defects === 0 ? 0 : 1;

function report(directory: string, defect: string): void {
  defects += 1;
  console.error(`${directory}: ${defect}`);
}
