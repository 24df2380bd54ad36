/**
 * Copies code into every README from the examples, so that what a reader copies is what CI ran. A block is marked by
 * `<!-- code: PATH -->` or `<!-- code: PATH#REGION -->` before its fence; a region stands in the file
 * between `// #region NAME` and `// #endregion`. With `--check` nothing is written and a stale README is an error.
 */
import { globSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, extname, join, relative } from "node:path";

import { root } from "./step.ts";

const isCheck = process.argv.includes("--check");
const stale: string[] = [];

for (const file of globSync("{*.md,{packages,examples}/**/README.md}", {
  cwd: root,
  exclude: (path) => path.includes("node_modules"),
})) {
  const path = join(root, file);
  const before = readFileSync(path, "utf8");
  const after = before.replaceAll(
    /(<!-- code: (\S+?)(?:#(\S+))? -->\n)\n*(?:```[^\n]*\n(?:[\s\S]*?\n)??```)?/g,
    (_block, marker: string, source: string, region: string | undefined) => {
      const language = extname(source).slice(1).replace("yml", "yaml");
      return `${marker}\n\`\`\`${language}\n${codeOf(join(dirname(path), source), region)}\n\`\`\``;
    },
  );
  if (after === before) continue;
  stale.push(file);
  if (!isCheck) writeFileSync(path, after);
}

if (isCheck && stale.length > 0) {
  console.error(`Stale: ${stale.join(", ")}. Run: npm run readme`);
  process.exitCode = 1;
} else console.log(stale.length === 0 ? "Every README is fresh." : `Written: ${stale.join(", ")}`);

function codeOf(path: string, region: string | undefined): string {
  const text = readFileSync(path, "utf8");
  if (region === undefined) return text.replaceAll(/^\s*(?:\/\/|#) #?(?:end)?region.*\n/gm, "").trimEnd();
  const match = new RegExp(`^[^\\n]*#region ${region}\\n([\\s\\S]*?)^[^\\n]*#endregion`, "m").exec(text);
  if (match?.[1] === undefined) throw new Error(`${relative(root, path)} has no region ${region}`);
  return match[1].trimEnd();
}
