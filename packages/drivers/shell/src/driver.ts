import { stat } from "node:fs/promises";
import { resolve } from "node:path";

import {
  implement,
  JumpstarterError,
  serve,
  type CallContext,
  type DriverScope,
  type OutputOf,
} from "@jumpstarter-ts/core";

import { checkVariables, checkWords } from "./call-words.ts";
import { shell } from "./client.ts";
import { shellOptions, type ShellMethod } from "./options.ts";
import { runScript } from "./run-script.ts";

/** Runs the scripts that the lab's owner wrote down, each in a group of processes that nothing outlives. */
export const openShell = implement(shell, shellOptions, (options, scope) => {
  const run = runner(options, scope);
  const described = Object.entries(options.methods).flatMap(([name, method]) => {
    const { description } = scriptOf(method);
    return description === undefined ? [] : [[name, description] as const];
  });
  return serve(
    shell,
    {
      get_methods: () => Object.keys(options.methods),
      async *call_method(method, env, ...rest) {
        yield* run(method, env ?? {}, ...split(rest));
      },
    },
    { children: scope.children, methodsDescription: Object.fromEntries(described) },
  );
});

/** What follows the named arguments of a call: the words that the contract leaves room for, and the context. */
function split(rest: readonly unknown[]): [words: readonly (string | undefined)[], signal: AbortSignal] {
  // The last is always the context; what is before it has the type that the contract gives its words.
  const { signal } = rest.at(-1) as CallContext;
  return [rest.slice(0, -1) as (string | undefined)[], signal];
}

type Run = (
  method: string,
  env: Readonly<Record<string, string>>,
  words: readonly (string | undefined)[],
  signal: AbortSignal,
) => AsyncGenerator<[string, string, number | null]>;

function runner({ methods, shell: program, timeout, cwd }: OutputOf<typeof shellOptions>, scope: DriverScope): Run {
  const directory = resolve(scope.baseDirectory, cwd ?? ".");
  return async function* (name, env, words, signal) {
    const method = Object.hasOwn(methods, name) ? methods[name] : undefined;
    if (method === undefined) throw unknownMethod(scope.name, name, Object.keys(methods));
    const variables = checkVariables(env);
    const args = checkWords(words);
    await checkDirectory(directory, scope.name);
    const script = scriptOf(method);
    const timeoutMs = (script.timeout ?? timeout) * 1_000;
    scope.log.info(`runs ${name} with ${args.length} arguments and the variables [${Object.keys(env).join(", ")}]`);
    yield* runScript([...program, script.command, name, ...args], {
      what: name,
      cwd: directory,
      env: { ...process.env, ...variables },
      timeoutMs,
      signal,
      scope,
      log: scope.log,
    });
  };
}

function scriptOf(method: ShellMethod): Exclude<ShellMethod, string> {
  return typeof method === "string" ? { command: method } : method;
}

async function checkDirectory(path: string, device: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory() === true) return;
  throw new JumpstarterError(`${device} cannot run in ${path}: there is no such directory on the exporter`, {
    code: "failed-precondition",
    reason: "SHELL_DIRECTORY_MISSING",
  });
}

function unknownMethod(device: string, name: string, known: readonly string[]): JumpstarterError {
  return new JumpstarterError(`${device} has no method ${JSON.stringify(name)}; it has ${known.join(", ")}`, {
    code: "invalid-argument",
    reason: "SHELL_METHOD_UNKNOWN",
  });
}
