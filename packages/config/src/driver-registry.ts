import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

import { JumpstarterError, messageOf, type AnyDefinition, type Implementation } from "@jumpstarter-ts/core";

import { findDriverPackage, findDriverPackages, resolveSubpath, type DriverPackage } from "./driver-packages.ts";
import { suggestName } from "./nearest-name.ts";

/** Finds drivers and clients by name among the installed packages. It imports only what it is asked for. */
export interface DriverRegistry {
  /**
   * The implementation of a `type:` of an exporter's configuration: an npm specifier (`@acme/relay`,
   * `@jumpstarter-ts/driver-power#mock`), an upstream path (`jumpstarter_driver_power.driver.MockPower`), or a file
   * (`./my-relay.js#relay`).
   */
  implementation(type: string): Promise<Implementation>;
  /** The definition that understands a client label of a report; `undefined` where none is installed. */
  definition(label: string): Promise<AnyDefinition | undefined>;
  /** The installed packages with drivers. */
  packages(): readonly DriverPackage[];
}

export interface DriverRegistryOptions {
  /** Directories to look from, upward. A file given as a `type:` starts from the first one. */
  readonly from: string | readonly string[];
}

export function createDriverRegistry({ from }: DriverRegistryOptions): DriverRegistry {
  const directories = typeof from === "string" ? [from] : from;
  let found: ReadonlyMap<string, DriverPackage> | undefined;
  const packages = (): readonly DriverPackage[] => [...(found ??= findDriverPackages(directories)).values()];

  return {
    packages,
    async implementation(type) {
      const { file, name, owner } = isFile(type)
        ? fileTarget(type, directories[0] ?? ".")
        : typeTarget(type, packages(), directories);
      const exported = await load(file, name, owner);
      if (!isImplementation(exported)) {
        throw invalidExport(`${name} of ${owner} is not an implementation: export what implement(…) returns`);
      }
      return exported;
    },
    async definition(label) {
      const claim = claimant(packages(), "clients", label);
      if (claim === undefined) return undefined;
      const { file, name, owner } = packageTarget(claim.owner, claim.target);
      const exported = await load(file, name, owner);
      if (!isDefinition(exported)) {
        throw invalidExport(`${name} of ${owner} is not a definition: export what defineDriver(…) returns`);
      }
      return exported;
    },
  };
}

interface Target {
  readonly file: string;
  readonly name: string;
  /** The package or the file, for errors. */
  readonly owner: string;
}

function isFile(type: string): boolean {
  return /^(?:\.{0,2}\/|file:)/.test(type);
}

function fileTarget(type: string, directory: string): Target {
  const [path = "", name = "default"] = type.split("#");
  const file = path.startsWith("file:") ? path : pathToFileURL(resolve(directory, path)).href;
  if (!existsSync(new URL(file))) {
    throw new JumpstarterError(`there is no file ${path} in ${directory}: a driver's file is named from there`, {
      code: "not-found",
      reason: "DRIVER_FILE_MISSING",
    });
  }
  return { file, name, owner: path };
}

function typeTarget(type: string, packages: readonly DriverPackage[], from: readonly string[]): Target {
  const claim = claimant(packages, "types", type);
  if (claim !== undefined) return packageTarget(claim.owner, claim.target);
  const upstream = upstreamPackage(type);
  if (upstream !== undefined) {
    const installed = packages.find(({ name }) => name === upstream);
    throw installed === undefined ? notInstalled(type, upstream) : unknownType(type, installed);
  }
  const [name = "", key = "."] = type.split("#");
  const owner = isPackageName(name) ? findDriverPackage(name, from) : undefined;
  if (owner === undefined) throw notInstalled(type, isPackageName(name) ? name : undefined);
  const target = owner.types[key];
  if (target === undefined) throw unknownType(type, owner);
  return packageTarget(owner, target);
}

/** The one package that claims a type path or a label. Words without a dot are a package's own. */
function claimant(
  packages: readonly DriverPackage[],
  field: "types" | "clients",
  name: string,
): { readonly owner: DriverPackage; readonly target: string } | undefined {
  if (!name.includes(".") || name.startsWith(".")) return undefined;
  const claims = packages.flatMap((owner) => {
    const target = Object.hasOwn(owner[field], name) ? owner[field][name] : undefined;
    return target === undefined ? [] : [{ owner, target }];
  });
  const [first, second] = claims;
  if (first === undefined || second === undefined) return first;
  throw new JumpstarterError(
    `both ${first.owner.name} and ${second.owner.name} claim ${name}: remove one of them, or name the package in "type"`,
    { code: "failed-precondition", reason: "DRIVER_AMBIGUOUS" },
  );
}

function packageTarget(owner: DriverPackage, target: string): Target {
  const [subpath = ".", name = "default"] = target.split("#");
  const file = resolveSubpath(owner, subpath);
  if (file === undefined) {
    throw invalidExport(`${owner.name} names ${target} in its "jumpstarter" field but does not export ${subpath}`);
  }
  return { file: pathToFileURL(file).href, name, owner: owner.name };
}

async function load(file: string, name: string, owner: string): Promise<unknown> {
  let module: unknown;
  try {
    module = await import(file);
  } catch (cause) {
    throw new JumpstarterError(`${owner} cannot be loaded: ${messageOf(cause)}`, {
      code: "failed-precondition",
      reason: "DRIVER_BROKEN",
      cause,
    });
  }
  const exported = isObject(module) ? Reflect.get(module, name) : undefined;
  if (exported !== undefined) return exported;
  const names = isObject(module) ? Object.keys(module) : [];
  throw invalidExport(`${owner} exports no ${name}; ${suggestName(name, names)}`);
}

function isImplementation(value: unknown): value is Implementation {
  return (
    isObject(value) &&
    "contract" in value &&
    isObject(value.contract) &&
    isFunctionIn(value, "open") &&
    "options" in value
  );
}

function isDefinition(value: unknown): value is AnyDefinition {
  return isObject(value) && "contract" in value && isObject(value.contract) && isFunctionIn(value, "client");
}

function isFunctionIn(value: object, key: string): boolean {
  return typeof Reflect.get(value, key) === "function";
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

/** Upstream's driver packages whose equal here has another name. */
const renamed: Readonly<Record<string, string>> = { pyserial: "serial", opendal: "storage" };

function upstreamPackage(type: string): string | undefined {
  const name = /^jumpstarter_driver_([a-z0-9_]+)\./.exec(type)?.[1];
  return name === undefined ? undefined : `@jumpstarter-ts/driver-${renamed[name] ?? name.replaceAll("_", "-")}`;
}

function isPackageName(name: string): boolean {
  return /^(?:@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*$/.test(name);
}

function notInstalled(type: string, name: string | undefined): JumpstarterError {
  const remedy =
    name === undefined
      ? `write a package such as "@jumpstarter-ts/driver-power#mock", or a file such as "./relay.js#relay"`
      : `install it with "npm install --save-dev ${name}"`;
  return new JumpstarterError(`no installed package has the driver ${type}: ${remedy}`, {
    code: "not-found",
    reason: "DRIVER_NOT_INSTALLED",
  });
}

function unknownType(type: string, { name, types }: DriverPackage): JumpstarterError {
  const known = Object.keys(types).map((known) =>
    known === "." ? name : known.includes(".") ? known : `${name}#${known}`,
  );
  const remedy = known.length === 0 ? "it has none" : suggestName(type, known);
  return new JumpstarterError(`${name} has no driver ${type}; ${remedy}`, {
    code: "not-found",
    reason: "DRIVER_TYPE_UNKNOWN",
  });
}

function invalidExport(sentence: string): JumpstarterError {
  return new JumpstarterError(sentence, { code: "failed-precondition", reason: "DRIVER_EXPORT_INVALID" });
}
