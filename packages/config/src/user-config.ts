import { join } from "node:path";

import { isJumpstarterError } from "@jumpstarter-ts/core";

import type { UserConfig } from "./config-store.ts";
import { checkHead, checkSchema } from "./schema-check.ts";
import { userKeys, userSchema } from "./user-schema.ts";
import { writePrivateFile } from "./write-file.ts";
import { editYaml } from "./yaml-edit.ts";
import { parseYaml, readYamlText } from "./yaml-file.ts";

/** The user's choices as they are written; that a client of the name exists is somebody else's question. */
export async function loadUserConfig(directory: string): Promise<UserConfig> {
  const file = join(directory, "config.yaml");
  const text = await readIfThere(file);
  if (text === undefined) return { file, currentClient: undefined };
  const yaml = parseYaml(text, file);
  checkHead(yaml, { kinds: ["UserConfig"], whose: "a user's", parts: '"kind: UserConfig" and "config"' });
  const { config } = checkSchema(yaml, userSchema, { knownKeys: userKeys });
  const named = config?.["current-client"] ?? config?.current_client ?? "";
  return { file, currentClient: named === "" ? undefined : named };
}

export async function saveCurrentClient(directory: string, alias: string | undefined): Promise<UserConfig> {
  const { file } = await loadUserConfig(directory);
  const text = editYaml(await readIfThere(file), [
    [["apiVersion"], "jumpstarter.dev/v1alpha1"],
    [["kind"], "UserConfig"],
    [["config", "current-client"], alias ?? null],
    [["config", "current_client"], undefined],
  ]);
  await writePrivateFile(file, text);
  return { file, currentClient: alias };
}

/** The text of a file, or nothing where there is none. */
export async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readYamlText(file);
  } catch (error) {
    if (isJumpstarterError(error) && error.code === "not-found") return undefined;
    throw error;
  }
}
