import { existsSync } from "node:fs";
import { join, resolve } from "node:path";

import { JumpstarterError } from "@jumpstarter-ts/core";

import { looksLikePath } from "./config-directory.ts";
import { exporterEdits } from "./config-edits.ts";
import { checkAlias, loadEntries, removeFile, saveFile, unknownAlias } from "./config-files.ts";
import type { ConfigStore, StorePlace } from "./config-store.ts";
import { loadExporterConfig, parseExporterConfig } from "./exporter-config.ts";
import { findExporterFile, listExporterFiles } from "./exporter-files.ts";

/** The exporters of a user and of the system: all are read, the user's own are written. */
export function createExporterFiles(place: StorePlace): ConfigStore["exporters"] {
  const { directory, env, home, cwd, systemDirectory, warn } = place;
  const where = { env, home, cwd, ...(systemDirectory === undefined ? {} : { systemDirectory }) };
  const fileOf = (alias: string): string => join(directory, "exporters", `${checkAlias(alias, "exporter")}.yaml`);
  const load = (file: string) => loadExporterConfig(file, { env, onWarning: warn });

  return {
    fileOf,
    list: () => loadEntries(listExporterFiles(where), load),
    load: async (word) => load(findExporterFile(word, where)),
    async save(word, changes, options = {}) {
      const file = looksLikePath(word) ? resolve(cwd, word) : fileOf(word);
      const isNew = !existsSync(file);
      const edits = exporterEdits(isNew ? { export: {}, ...changes } : changes, cwd);
      await saveFile({ file, edits, check: (text) => void parseExporterConfig(text, { file, env: {} }) }, options);
      return file;
    },
    async remove(alias) {
      const file = fileOf(alias);
      const known = listExporterFiles(where);
      const found = known.get(alias);
      if (found === undefined) throw unknownAlias(alias, { what: "exporter", known: [...known.keys()], file });
      if (found !== file) {
        throw new JumpstarterError(
          `the exporter ${alias} is the system's, not yours: its administrator deletes ${found}`,
          {
            code: "permission-denied",
            reason: "EXPORTER_OF_SYSTEM",
          },
        );
      }
      await removeFile(file);
      return { file };
    },
  };
}
