import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

/** An installed package with a `"jumpstarter"` field in its package.json. */
export interface DriverPackage {
  readonly name: string;
  readonly version: string;
  readonly directory: string;
  /** Client label to `subpath#export` of the definition. */
  readonly clients: Readonly<Record<string, string>>;
  /** Upstream `type:` path, or a word of the package's own, to `subpath#export` of the implementation. */
  readonly types: Readonly<Record<string, string>>;
  /** package.json's own, for resolving a subpath. */
  readonly exports: unknown;
}

const scope = "@jumpstarter-ts";

/**
 * The driver packages that can be seen from the directories: the direct dependencies of every package.json from there
 * to the root of the file system, and all of the scope `@jumpstarter-ts`. The nearest of one name counts.
 */
export function findDriverPackages(from: readonly string[]): ReadonlyMap<string, DriverPackage> {
  const found = new Map<string, DriverPackage>();
  const read = readingOnce();
  for (const directory of new Set(from.flatMap((start) => [...ancestors(start)]))) {
    const names = new Set([...dependencies(directory, read), ...scoped(directory)]);
    for (const name of names) {
      if (found.has(name)) continue;
      const driver = findDriverPackage(name, [directory], read);
      if (driver !== undefined) found.set(name, driver);
    }
  }
  return found;
}

/** The nearest installed package of this name, if it is one with drivers. */
export function findDriverPackage(
  name: string,
  from: readonly string[],
  read: ReadJson = readJson,
): DriverPackage | undefined {
  for (const start of from) {
    for (const directory of ancestors(start)) {
      const own = read(join(directory, "package.json"));
      if (own?.["name"] === name) return driverPackage(directory, own);
      const installed = join(directory, "node_modules", name);
      const manifest = read(join(installed, "package.json"));
      if (manifest !== undefined) return driverPackage(installed, manifest);
    }
  }
  return undefined;
}

/** The file of a subpath such as `./mock`, by the package's `exports` as Node's `import` reads them. */
export function resolveSubpath({ directory, exports }: DriverPackage, subpath: string): string | undefined {
  const isPlain =
    typeof exports === "string" || (isRecord(exports) && !Object.keys(exports).some((key) => key.startsWith(".")));
  const target = isPlain ? (subpath === "." ? exports : undefined) : isRecord(exports) ? exports[subpath] : undefined;
  const file = conditional(target);
  return file === undefined ? undefined : resolve(directory, file);
}

function conditional(target: unknown): string | undefined {
  if (typeof target === "string") return target;
  if (!isRecord(target)) return undefined;
  for (const [condition, inner] of Object.entries(target)) {
    if (["node", "import", "module-sync", "default"].includes(condition)) {
      const file = conditional(inner);
      if (file !== undefined) return file;
    }
  }
  return undefined;
}

function driverPackage(directory: string, manifest: Readonly<Record<string, unknown>>): DriverPackage | undefined {
  const { name, version, jumpstarter, exports } = manifest;
  if (typeof name !== "string" || !isRecord(jumpstarter)) return undefined;
  return {
    name,
    version: typeof version === "string" ? version : "0.0.0",
    directory,
    clients: texts(jumpstarter["clients"]),
    types: texts(jumpstarter["types"]),
    exports,
  };
}

function* ancestors(start: string): Generator<string> {
  let directory = resolve(start);
  for (;;) {
    yield directory;
    const parent = dirname(directory);
    if (parent === directory) return;
    directory = parent;
  }
}

function dependencies(directory: string, read: ReadJson): readonly string[] {
  const manifest = read(join(directory, "package.json"));
  return ["dependencies", "devDependencies", "optionalDependencies"].flatMap((field) => {
    const names = manifest?.[field];
    return isRecord(names) ? Object.keys(names) : [];
  });
}

function scoped(directory: string): readonly string[] {
  try {
    return readdirSync(join(directory, "node_modules", scope)).map((name) => `${scope}/${name}`);
  } catch {
    return [];
  }
}

type ReadJson = (file: string) => Readonly<Record<string, unknown>> | undefined;

/** For one search, in which the same manifests are asked for again and again. */
function readingOnce(): ReadJson {
  const known = new Map<string, ReturnType<ReadJson>>();
  return (file) => {
    if (!known.has(file)) known.set(file, readJson(file));
    return known.get(file);
  };
}

/** A file that is absent or is not JSON is no package: the package manager is the one to complain. */
function readJson(file: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(file, "utf8"));
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function texts(value: unknown): Readonly<Record<string, string>> {
  if (!isRecord(value)) return {};
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  );
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
