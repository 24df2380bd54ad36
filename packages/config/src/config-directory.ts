import { homedir } from "node:os";
import { join, resolve } from "node:path";

export interface ConfigDirectoryOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly home?: string | undefined;
}

/** `JMP_CLIENT_CONFIG_HOME`, else `$XDG_CONFIG_HOME/jumpstarter`, else `~/.config/jumpstarter`. */
export function configDirectory({ env = process.env, home }: ConfigDirectoryOptions): string {
  const own = env["JMP_CLIENT_CONFIG_HOME"];
  if (own !== undefined && own !== "") return resolve(own);
  const { XDG_CONFIG_HOME: xdg = "" } = env;
  return join(xdg === "" ? join(home ?? env["HOME"] ?? homedir(), ".config") : xdg, "jumpstarter");
}

/** Whether a word names a file rather than an alias: it has a separator, or ends as YAML files do. */
export function looksLikePath(word: string): boolean {
  return /[/\\]|\.ya?ml$/.test(word);
}
