import { existsSync } from "node:fs";
import { join, resolve } from "node:path";

import { loadClientConfig, parseClientConfig } from "./client-config.ts";
import { looksLikePath } from "./config-directory.ts";
import { clientEdits } from "./config-edits.ts";
import { checkAlias, listAliases, loadEntries, removeFile, saveFile, unknownAlias } from "./config-files.ts";
import type { ConfigStore, StorePlace, UserConfig } from "./config-store.ts";
import { loadUserConfig, saveCurrentClient } from "./user-config.ts";

/** The clients of a user, and which of them is the current one. */
export function createClientFiles(place: StorePlace): Pick<ConfigStore, "clients" | "user"> {
  const { directory, env, cwd, warn } = place;
  const clients = join(directory, "clients");
  const files = (): ReadonlyMap<string, string> => listAliases(clients, (name) => name.split(".", 1)[0] ?? name);
  const fileOf = (alias: string): string => files().get(checkAlias(alias, "client")) ?? join(clients, `${alias}.yaml`);
  const pathOf = (word: string): string => (looksLikePath(word) ? resolve(cwd, word) : fileOf(word));
  const existing = (alias: string): string => {
    const file = fileOf(alias);
    if (existsSync(file)) return file;
    throw unknownAlias(alias, { what: "client", known: [...files().keys()], file });
  };
  const load = (file: string) => loadClientConfig(file, { env, onWarning: warn });

  const current = async (): Promise<UserConfig> => {
    const { file, currentClient } = await loadUserConfig(directory);
    return {
      file,
      currentClient: currentClient !== undefined && files().has(currentClient) ? currentClient : undefined,
    };
  };

  return {
    clients: {
      fileOf,
      list: () => loadEntries(files(), load),
      load: async (word) => load(looksLikePath(word) ? resolve(cwd, word) : existing(word)),
      async save(word, changes, options = {}) {
        const file = pathOf(word);
        // Without the environment: what is only there does not make a file complete.
        const check = (text: string): void => void parseClientConfig(text, { file, env: {} });
        await saveFile({ file, edits: clientEdits(changes, cwd), check }, options);
        return file;
      },
      async remove(alias) {
        const file = existing(alias);
        const { currentClient } = await loadUserConfig(directory);
        await removeFile(file);
        if (currentClient !== alias) return { file, currentClient };
        const [next] = files().keys();
        await saveCurrentClient(directory, next);
        return { file, currentClient: next };
      },
    },
    user: {
      load: current,
      async useClient(alias) {
        if (alias !== undefined) existing(alias);
        return saveCurrentClient(directory, alias);
      },
    },
  };
}
