/**
 * Proves the direction of imports that design.md draws: by package name, one way, declared in package.json. Tests may
 * also use the testkit and what they compare with.
 */
import { globSync, readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { basename, dirname, join, relative, resolve } from "node:path";

import { root } from "./step.ts";

/** What a package may import of this project. A driver may also unpack images, run programs, compare pictures, and build on other drivers' contracts. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  core: [],
  encoding: ["core"],
  picture: ["core"],
  process: ["core"],
  protocol: ["core", "encoding"],
  console: ["core"],
  config: ["core"],
  trace: ["core"],
  client: ["core", "encoding", "protocol", "console", "config"],
  exporter: ["core", "encoding", "protocol", "config"],
  controller: ["core", "protocol", "config"],
  vitest: ["core", "protocol", "console", "config", "client", "exporter", "trace"],
  cli: ["core", "protocol", "console", "config", "client", "exporter", "controller", "trace"],
  testkit: ["core", "protocol", "console", "config", "client", "exporter"],
};

interface Manifest {
  readonly name: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const defects: string[] = [];

for (const manifestPath of globSync("packages/{*,drivers/*}/package.json", { cwd: root })) {
  const directory = join(root, dirname(manifestPath));
  const manifest: Manifest = JSON.parse(readFileSync(join(root, manifestPath), "utf8"));
  checkName(manifest, manifestPath);
  for (const file of globSync("src/**/*.ts", { cwd: directory })) checkFile(manifest, directory, join(directory, file));
}

checkReferences();
for (const defect of defects) console.error(defect);
console.log(defects.length === 0 ? "Every import goes the way the design draws." : `${defects.length} defects.`);
process.exitCode = defects.length === 0 ? 0 : 1;

/** The root build knows every package, so that `tsc -b` leaves none out. */
function checkReferences(): void {
  const solution: { references: { path: string }[] } = JSON.parse(readFileSync(join(root, "tsconfig.json"), "utf8"));
  const known = new Set(solution.references.map(({ path }) => path));
  for (const path of globSync("packages/{*,drivers/*}/tsconfig.build.json", { cwd: root })) {
    if (!known.has(path)) defects.push(`tsconfig.json: ${path} is missing among the references`);
  }
}

function checkName({ name }: Manifest, manifestPath: string): void {
  const [, kind, driver] = manifestPath.split("/");
  const expected = `@jumpstarter-ts/${kind === "drivers" ? `driver-${driver}` : kind}`;
  if (name !== expected)
    defects.push(`${manifestPath}: the package in this directory is called ${expected}, not ${name}`);
}

function checkFile(manifest: Manifest, directory: string, file: string): void {
  const isTest = file.endsWith(".test.ts") || file.includes("/src/test/");
  const text = readFileSync(file, "utf8");
  const imports = /^\s*(?:import|export)\s[^"';]*?\bfrom\s+"([^"]+)"|^\s*import\s+"([^"]+)"|\bimport\(\s*"([^"]+)"/gm;
  for (const [, from, bare, dynamic] of text.matchAll(imports)) {
    const specifier = from ?? bare ?? dynamic;
    if (specifier !== undefined) checkImport(manifest, directory, file, specifier, isTest);
  }
}

function checkImport(manifest: Manifest, directory: string, file: string, specifier: string, isTest: boolean): void {
  const where = relative(root, file);
  if (specifier.startsWith(".")) {
    if (!isTest && relative(directory, resolve(dirname(file), specifier)).startsWith("..")) {
      defects.push(`${where}: ${specifier} leaves the package; import it by its name`);
    }
    return;
  }
  if (specifier.startsWith("node:") || builtinModules.includes(specifier) || isTest) return;
  const name = specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
  if (name === manifest.name) return;
  const declared = { ...manifest.dependencies, ...manifest.peerDependencies, ...manifest.optionalDependencies };
  if (!(name in declared)) defects.push(`${where}: ${name} is not declared in the package.json of ${manifest.name}`);
  if (name.startsWith("@jumpstarter-ts/") && !mayImport(directory, name.slice("@jumpstarter-ts/".length))) {
    defects.push(`${where}: ${manifest.name} must not import ${name} (see the drawing in the design)`);
  }
}

function mayImport(directory: string, target: string): boolean {
  if (basename(dirname(directory)) === "drivers")
    return ["core", "encoding", "picture", "process"].includes(target) || target.startsWith("driver-");
  return allowed[basename(directory)]?.includes(target) ?? false;
}
