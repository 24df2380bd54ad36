/**
 * Lints proto/ and generates packages/protocol/src/gen from it. With --check nothing is written: the run fails and names
 * each file that is not what the schema says.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

const root = join(import.meta.dirname, "..");
const generatedPath = "packages/protocol/src/gen";
const bin = join(root, "node_modules/.bin");
const env = { ...process.env, PATH: `${bin}${delimiter}${process.env["PATH"] ?? ""}` };

const check = process.argv.includes("--check");
const scratch = mkdtempSync(join(tmpdir(), "jumpstarter-generate-"));
try {
  buf("lint");
  generate(scratch);
  const stale = staleFiles(join(scratch, generatedPath), join(root, generatedPath));
  if (check && stale.length > 0) {
    console.error(`${stale.length} generated files are not what proto/ says; run npm run generate:`);
    for (const name of stale) console.error(`  ${generatedPath}/${name}`);
    process.exitCode = 1;
  } else if (!check) {
    if (stale.length > 0) {
      rmSync(join(root, generatedPath), { recursive: true, force: true });
      generate(root);
    }
    console.log(stale.length === 0 ? "generated code is fresh" : `wrote ${stale.join(", ")}`);
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

function generate(into: string): void {
  const image = join(scratch, "image.json");
  buf("build", "-o", image);
  writeFileSync(image, plainValues(readFileSync(image, "utf8")));
  buf("generate", image, "--include-imports", "--output", into);
}

/**
 * Gives google.protobuf.Value and its kin another package name for the generator's eyes only, so that ts-proto treats
 * them as the ordinary messages that they are on the wire. File names, and so the output's, stay.
 */
function plainValues(image: string): string {
  const renamed = image.replaceAll(/"\.google\.protobuf\.(Value|Struct|ListValue|NullValue)\b/g, '".plain.$1');
  return JSON.stringify(JSON.parse(renamed), (_key, value: unknown) =>
    isStructFile(value) ? { ...value, package: "plain" } : value,
  );
}

function isStructFile(value: unknown): value is { readonly name: string } {
  return (
    typeof value === "object" && value !== null && "name" in value && value.name === "google/protobuf/struct.proto"
  );
}

/** Names of the files that one of the two directories lacks, or that differ. */
function staleFiles(fresh: string, committed: string): string[] {
  const names = new Set([...filesUnder(fresh), ...filesUnder(committed)]);
  return [...names].filter((name) => contentOf(fresh, name) !== contentOf(committed, name)).sort();
}

function filesUnder(directory: string): string[] {
  try {
    return readdirSync(directory, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
  } catch {
    return [];
  }
}

function contentOf(directory: string, name: string): string | undefined {
  try {
    return readFileSync(join(directory, name), "utf8");
  } catch {
    return undefined;
  }
}

function buf(...args: readonly string[]): void {
  try {
    execFileSync(join(bin, "buf"), args, { cwd: root, env, stdio: "inherit" });
  } catch (cause) {
    throw new Error(`buf ${args[0] ?? ""} failed; what it says is above`, { cause });
  }
}
