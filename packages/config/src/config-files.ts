import { existsSync, readdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import { dirname, join } from "node:path";

import { isJumpstarterError, JumpstarterError, messageOf } from "@jumpstarter-ts/core";

import type { ConfigEntry, SaveOptions } from "./config-store.ts";
import { suggestName } from "./nearest-name.ts";
import { readIfThere } from "./user-config.ts";
import { writePrivateFile } from "./write-file.ts";
import { editYaml, type YamlEdit } from "./yaml-edit.ts";

/** The aliases in a directory with their files; `aliasOf` tells what of a name is the alias. */
export function listAliases(directory: string, aliasOf: (name: string) => string): ReadonlyMap<string, string> {
  if (!existsSync(directory)) return new Map();
  const names = readdirSync(directory).filter((name) => name.endsWith(".yaml") && !name.startsWith("."));
  return new Map(names.toSorted().map((name) => [aliasOf(name), join(directory, name)]));
}

/** Every file of a listing, loaded; one that cannot be is an entry with its problem. */
export function loadEntries<C>(
  files: ReadonlyMap<string, string>,
  load: (file: string) => Promise<C>,
): Promise<readonly ConfigEntry<C>[]> {
  return Promise.all(
    [...files].map(async ([alias, file]): Promise<ConfigEntry<C>> => {
      try {
        return { alias, file, config: await load(file) };
      } catch (error) {
        if (isJumpstarterError(error)) return { alias, file, problem: error };
        throw error;
      }
    }),
  );
}

export interface FileEdit {
  readonly file: string;
  readonly edits: readonly YamlEdit[];
  /** Throws where the result would be no configuration: nothing is written then. */
  readonly check: (text: string) => void;
}

export async function saveFile({ file, edits, check }: FileEdit, { create }: SaveOptions): Promise<void> {
  const old = await readIfThere(file);
  if (create === true && old !== undefined) {
    throw new JumpstarterError(`${file} exists already: choose another name, or delete it first`, {
      code: "failed-precondition",
      reason: "CONFIG_EXISTS",
    });
  }
  // What is wrong already is told with its place before it is edited.
  if (old !== undefined) check(old);
  const text = editYaml(old, edits);
  check(text);
  await writePrivateFile(file, text);
}

export async function removeFile(file: string): Promise<void> {
  try {
    await rm(file);
  } catch (cause) {
    throw new JumpstarterError(
      `${file} cannot be deleted (${messageOf(cause)}): check the permissions of ${dirname(file)}`,
      { code: "permission-denied", reason: "CONFIG_UNWRITABLE", cause },
    );
  }
}

/** An alias becomes a file's name, and must stay one. */
export function checkAlias(alias: string, what: "client" | "exporter"): string {
  const isFine = what === "client" ? /^[^./\\\0]+$/.test(alias) : /^[^/\\\0]+$/.test(alias) && !/^\.\.?$/.test(alias);
  if (isFine && !alias.startsWith(".")) return alias;
  const remedy =
    what === "client" ? "has letters, digits and dashes, but no dot or slash" : "has no slash, and starts with no dot";
  throw new JumpstarterError(`${JSON.stringify(alias)} cannot be the alias of a ${what}: one ${remedy}`, {
    code: "invalid-argument",
    reason: "ALIAS_INVALID",
  });
}

export function unknownAlias(alias: string, { what, known, file }: UnknownAlias): JumpstarterError {
  const remedy = known.length === 0 ? `${file} does not exist; there is none yet` : suggestName(alias, known);
  return new JumpstarterError(`there is no ${what} ${JSON.stringify(alias)}: ${remedy}`, {
    code: "not-found",
    reason: what === "client" ? "CLIENT_NOT_FOUND" : "EXPORTER_NOT_FOUND",
  });
}

export interface UnknownAlias {
  readonly what: "client" | "exporter";
  readonly known: readonly string[];
  readonly file: string;
}
