import { defineDriver, JumpstarterError, within, type CallOptions, type Remote } from "@jumpstarter-ts/core";

import { maxShellArguments, shellContract } from "./contract.ts";

export interface ShellOutput {
  readonly stdout: string;
  readonly stderr: string;
  /** Set once the method has ended. */
  readonly exitCode: number | undefined;
}

export interface ShellResult {
  readonly stdout: string;
  readonly stderr: string;
  /** 199 when the exporter has ended the method because it took longer than the lab allows. */
  readonly exitCode: number;
}

export interface ShellRunOptions extends CallOptions {
  /** Variables for the method; the lab refuses those that could change which programs run (`PATH`, `LD_…`). */
  readonly env?: Readonly<Record<string, string>>;
  /** Told of what the method says, as it says it. */
  readonly onOutput?: (output: ShellOutput) => void;
}

export interface ShellClient {
  /** The names that `run` takes. */
  methods(options?: CallOptions): Promise<readonly string[]>;
  /** Runs a method to its end; `timeoutMs` is for all of it. An exit code other than 0 is a result, no error. */
  run(method: string, args?: readonly string[], options?: ShellRunOptions): Promise<ShellResult>;
  /** Runs a method and gives what it says piece by piece; leaving the loop early ends it. */
  stream(method: string, args?: readonly string[], options?: ShellRunOptions): AsyncIterable<ShellOutput>;
}

export const shell = defineDriver({ contract: shellContract, client: shellClient });

function shellClient(remote: Remote<typeof shellContract>): ShellClient {
  const stream: ShellClient["stream"] = async function* (method, args = [], { env = {}, onOutput, ...options } = {}) {
    if (args.length > maxShellArguments) throw tooManyArguments(remote.path, method, args.length);
    for await (const [stdout, stderr, code] of callMethod(remote.with(options), method, env, ...args)) {
      const output = { stdout, stderr, exitCode: code ?? undefined };
      onOutput?.(output);
      yield output;
    }
  };

  const collect = async (output: AsyncIterable<ShellOutput>, what: string): Promise<ShellResult> => {
    let stdout = "";
    let stderr = "";
    let exitCode: number | undefined;
    for await (const piece of output) {
      stdout += piece.stdout;
      stderr += piece.stderr;
      exitCode = piece.exitCode ?? exitCode;
    }
    if (exitCode !== undefined) return { stdout, stderr, exitCode };
    throw new JumpstarterError(
      `${what} ended without an exit code; it said ${JSON.stringify((stdout + stderr).slice(-200))}`,
      {
        code: "unavailable",
        reason: "SHELL_NO_EXIT_CODE",
      },
    );
  };

  return {
    methods: (options = {}) => remote.with(options).call("get_methods"),
    stream,
    async run(method, args, { timeoutMs, signal, ...options } = {}) {
      const what = `${remote.path}: ${method}`;
      const end = new AbortController();
      const signals = signal === undefined ? [end.signal] : [end.signal, signal];
      try {
        const output = stream(method, args, { ...options, signal: AbortSignal.any(signals) });
        return await within(collect(output, what), { timeoutMs, signal, what });
      } finally {
        end.abort();
      }
    },
  };
}

type CallMethod = (
  name: "call_method",
  method: string,
  env: Readonly<Record<string, string>>,
  ...args: readonly string[]
) => AsyncIterable<readonly [string, string, (number | null)?]>;

function callMethod(
  remote: Remote<typeof shellContract>,
  ...args: Parameters<CallMethod> extends [unknown, ...infer Rest] ? Rest : never
): ReturnType<CallMethod> {
  // The types count arguments only up to where they repeat; what follows is as checked at run time as the rest.
  return (remote.stream as CallMethod)("call_method", ...args);
}

function tooManyArguments(path: string, method: string, count: number): JumpstarterError {
  return new JumpstarterError(
    `${path}: ${method} cannot be given ${count} arguments; the most is ${maxShellArguments}`,
    {
      code: "invalid-argument",
      reason: "SHELL_TOO_MANY_ARGUMENTS",
    },
  );
}
