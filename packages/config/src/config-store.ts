import { resolve } from "node:path";

import type { JumpstarterError } from "@jumpstarter-ts/core";

import type { ClientConfig, ClientConfigChanges } from "./client-config.ts";
import { createClientFiles } from "./client-files.ts";
import { configDirectory } from "./config-directory.ts";
import { createExporterFiles } from "./exporter-store.ts";
import { resolveClient } from "./resolve-client.ts";
import type { ExporterConfig } from "./exporter-config.ts";
import type { Secret } from "./secret.ts";

export interface ConfigStoreOptions {
  /** Default: the process's own. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Default: `HOME`, else the system's word for it. */
  readonly home?: string;
  /** What a relative path starts from. Default: the working directory. */
  readonly cwd?: string;
  /** Read after the user's own directory. Default: `/etc/jumpstarter/exporters`. */
  readonly systemDirectory?: string;
  /** Is told, once a file, of what is not wrong but unwise: a file with a token that others may read. */
  readonly onWarning?: (sentence: string) => void;
}

/** A user's configuration files, and what the environment says in their place. */
export interface ConfigStore {
  /** `JMP_CLIENT_CONFIG_HOME`, else `$XDG_CONFIG_HOME/jumpstarter`, else `~/.config/jumpstarter`. */
  readonly directory: string;
  readonly clients: {
    /** By alias. A file that cannot be read is an entry with its problem. */
    list(): Promise<readonly ConfigEntry<ClientConfig>[]>;
    /** Where the alias is, or would be. */
    fileOf(alias: string): string;
    /** Fields that the file lacks are filled from the environment. */
    load(aliasOrFile: string): Promise<ClientConfig>;
    /** Writes what is given into the file, whose other values and comments stay; the answer is its path. */
    save(aliasOrFile: string, changes: ClientConfigChanges, options?: SaveOptions): Promise<string>;
    /** Where it was the current one, the first of those that are left becomes it. */
    remove(alias: string): Promise<{ readonly file: string; readonly currentClient: string | undefined }>;
  };
  readonly exporters: {
    /** By alias: the user's own, then the system's; one of the user's hides one of the system's. */
    list(): Promise<readonly ConfigEntry<ExporterConfig>[]>;
    /** Where a new one of this alias is written: always the user's directory. */
    fileOf(alias: string): string;
    load(aliasOrFile: string): Promise<ExporterConfig>;
    save(aliasOrFile: string, changes: ExporterConfigChanges, options?: SaveOptions): Promise<string>;
    remove(alias: string): Promise<{ readonly file: string }>;
  };
  readonly user: {
    /** An alias whose file is gone is no current client. */
    load(): Promise<UserConfig>;
    /** Throws `not-found` (`CLIENT_NOT_FOUND`) unless the client exists; `undefined` for none. */
    useClient(alias: string | undefined): Promise<UserConfig>;
  };
  /**
   * The client configuration to use, by upstream's order: the option (file or alias); the environment alone, where it
   * has `JMP_NAMESPACE` and `JMP_NAME`; `JMP_CLIENT_CONFIG` or `JMP_CLIENT`; the user's current client. Throws
   * `not-found` (`NO_CLIENT_CONFIG`) where there is none, `invalid-argument` (`CLIENT_OPTIONS_CONFLICT`) for two at once.
   */
  resolveClient(options?: { readonly name?: string; readonly file?: string }): Promise<ResolvedClient>;
}

export type ConfigEntry<C> = { readonly alias: string; readonly file: string } & (
  | { readonly config: C; readonly problem?: undefined }
  | { readonly config?: undefined; readonly problem: JumpstarterError }
);

export interface SaveOptions {
  /** An existing file is an error: `failed-precondition` (`CONFIG_EXISTS`). */
  readonly create?: boolean;
}

export interface UserConfig {
  readonly file: string;
  readonly currentClient: string | undefined;
}

export interface ResolvedClient {
  readonly config: ClientConfig;
  /** Which of the four it was. */
  readonly from: "option" | "environment" | "variable" | "current";
}

/** What is written to an exporter's file: what is left out stays as it is, `null` removes it. */
export interface ExporterConfigChanges {
  readonly metadata?: { readonly name: string; readonly namespace: string | null };
  readonly endpoint?: string | null;
  readonly token?: Secret | string | null;
  /** `ca`: PEM, or base64 of PEM; written as base64. */
  readonly tls?: { readonly ca?: string | null; readonly insecure?: boolean };
  readonly grpcOptions?: Readonly<Record<string, string | number>> | null;
  readonly description?: string | null;
  readonly export?: Readonly<Record<string, unknown>>;
}

/** Nothing is read before it is asked for, and every answer is read anew. */
export function createConfigStore(options: ConfigStoreOptions = {}): ConfigStore {
  const { env = process.env, home, cwd = process.cwd(), systemDirectory, onWarning } = options;
  const directory = resolve(cwd, configDirectory({ env, home }));
  const warned = new Set<string>();
  const warn = (sentence: string): void => {
    if (warned.has(sentence)) return;
    warned.add(sentence);
    onWarning?.(sentence);
  };
  const place = { directory, env, home, cwd, systemDirectory, warn };
  const { clients, user } = createClientFiles(place);
  return {
    directory,
    clients,
    exporters: createExporterFiles(place),
    user,
    resolveClient: (choice = {}) => resolveClient(choice, { clients, user, env }),
  };
}

/** What the parts of a store have in common. */
export interface StorePlace {
  readonly directory: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string | undefined;
  readonly cwd: string;
  readonly systemDirectory: string | undefined;
  readonly warn: (sentence: string) => void;
}
