import { existsSync, statSync } from "node:fs";
import { basename, extname, resolve } from "node:path";

import type { HookConfig } from "@jumpstarter-ts/config";

export interface HookCommand {
  readonly file: string;
  readonly args: readonly string[];
}

/** The program of a hook: its script is the path of a file that exists, or commands to be interpreted. */
export function hookCommand({ script, exec }: HookConfig, directories: readonly string[]): HookCommand {
  const path = scriptFile(script, directories);
  if (path !== undefined) return { file: exec ?? fileInterpreter(path), args: [path] };
  const file = exec ?? "/bin/sh";
  return { file, args: [inlineFlags[basename(file)] ?? "-c", script] };
}

/** Where `-c` means something else than "run this": to node and perl it is "check the syntax, and run nothing". */
const inlineFlags: Readonly<Record<string, string>> = { node: "-e", nodejs: "-e", perl: "-e", ruby: "-e" };

function fileInterpreter(path: string): string {
  const extension = extname(path);
  if (extension === ".py") return "python3";
  return [".js", ".mjs", ".cjs", ".ts", ".mts"].includes(extension) ? process.execPath : "/bin/sh";
}

function scriptFile(script: string, directories: readonly string[]): string | undefined {
  const word = script.trim();
  if (word === "" || word.includes("\n") || word.length > 4096) return undefined;
  return directories
    .map((directory) => resolve(directory, word))
    .find((path) => existsSync(path) && statSync(path).isFile());
}

export interface HookSurroundings {
  /** The exporter's own environment. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly hookHost: string;
  readonly leaseName: string;
  readonly clientName: string;
  /** Where a hook before a lease may write what clients are told. */
  readonly motdFile?: string | undefined;
}

export function hookEnvironment(surroundings: HookSurroundings): Record<string, string> {
  const { env, hookHost, leaseName, clientName, motdFile } = surroundings;
  const inherited = Object.entries(env).filter(
    (pair): pair is [string, string] => pair[1] !== undefined && pair[0] !== "PS1",
  );
  return {
    ...Object.fromEntries(inherited),
    JUMPSTARTER_HOST: hookHost,
    JMP_DRIVERS_ALLOW: "UNSAFE",
    LEASE_NAME: leaseName,
    CLIENT_NAME: clientName,
    ...(motdFile !== undefined && { JMP_MOTD_FILE: motdFile }),
    TERM: "dumb",
    DEBIAN_FRONTEND: "noninteractive",
    GIT_TERMINAL_PROMPT: "0",
  };
}
