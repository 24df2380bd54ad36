import { readFileSync, renameSync, writeFileSync } from "node:fs";

import { JumpstarterError, messageOf } from "@jumpstarter-ts/core";

import { eepromBytes, type Eeprom } from "./eeprom.ts";

/** The contents of an EEPROM file: raw bytes, at most 1024. Undefined where there is no file yet. */
export function readEepromFile(path: string): Uint8Array | undefined {
  let contents: Uint8Array;
  try {
    contents = readFileSync(path);
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return undefined;
    throw fileError(`the EEPROM file ${path} cannot be read: ${messageOf(cause)}`, cause);
  }
  if (contents.length <= eepromBytes) return contents;
  throw fileError(
    `the EEPROM file ${path} has ${contents.length} bytes, and the chip has ${eepromBytes}: name another file, or cut it`,
  );
}

export interface EepromFile {
  /** True while cells differ from the file. */
  readonly isDirty: boolean;
  /** Replaces the file in one step, if there is anything new. */
  save(): void;
}

export function keepEepromFile(eeprom: Eeprom, path: string | undefined): EepromFile {
  let saved = eeprom.revision;
  return {
    get isDirty() {
      return path !== undefined && eeprom.revision !== saved;
    },
    save() {
      if (path === undefined || eeprom.revision === saved) return;
      const { revision } = eeprom;
      try {
        writeFileSync(`${path}.new`, eeprom.cells);
        renameSync(`${path}.new`, path);
      } catch (cause) {
        throw fileError(`the EEPROM file ${path} cannot be written: ${messageOf(cause)}`, cause);
      }
      saved = revision;
    },
  };
}

function fileError(message: string, cause?: unknown): JumpstarterError {
  return new JumpstarterError(message, { code: "invalid-argument", reason: "EEPROM_FILE", cause });
}
