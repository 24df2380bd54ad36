/** Proves that no source file is over 300 lines: a file that needs a tour is split. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { root } from "./step.ts";

const limit = 300;
const long = globSync("{packages,scripts,bench,e2e,examples}/**/*.ts", {
  cwd: root,
  exclude: (path) => /(^|\/)(node_modules|dist|gen)$/.test(path),
})
  .filter((file) => !file.endsWith(".d.ts") && !file.includes("/gen/"))
  .map((file) => ({ file, lines: readFileSync(join(root, file), "utf8").split("\n").length - 1 }))
  .filter(({ lines }) => lines > limit);

for (const { file, lines } of long) console.error(`${file}: ${lines} lines; the limit is ${limit}`);
process.exitCode = long.length === 0 ? 0 : 1;
