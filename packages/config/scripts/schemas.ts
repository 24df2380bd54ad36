/** Writes the JSON schemas of `schemas/`; with `--check` only tells whether they are up to date. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { format } from "prettier";

import { jsonSchemas } from "../src/json-schemas.ts";

const directory = join(import.meta.dirname, "../schemas");
const isCheck = process.argv.includes("--check");

for (const [name, schema] of Object.entries(jsonSchemas())) {
  const file = join(directory, name);
  const text = await format(JSON.stringify(schema), { parser: "json", printWidth: 120 });
  if (!isCheck) writeFileSync(file, text);
  else if (readFileSync(file, "utf8") !== text) {
    process.stderr.write(`${name} is not what its source makes: run node packages/config/scripts/schemas.ts\n`);
    process.exitCode = 1;
  }
}
