import { createScope, silentLogger, type ByteStream, type DriverScope } from "@jumpstarter-ts/core";

import { serialPort } from "../src/driver.ts";

export interface OpenDriver extends AsyncDisposable {
  connect(signal?: AbortSignal): Promise<ByteStream>;
  call(method: string, ...args: readonly unknown[]): Promise<unknown>;
  readonly warnings: readonly string[];
  /** What an exporter does at the end of a session. */
  end(): Promise<readonly Error[]>;
}

/** The driver, open, as an exporter holds it. */
export async function openDriver(options: unknown): Promise<OpenDriver> {
  const warnings: string[] = [];
  const log = { ...silentLogger, warning: (message: string) => void warnings.push(message) };
  const scope: DriverScope = { ...createScope("serial"), log, baseDirectory: import.meta.dirname, children: {} };
  try {
    const driver = await serialPort.open(options, scope);
    const call = async (name: string, args: readonly unknown[], signal: AbortSignal): Promise<unknown> => {
      // Takes what its contract says, which the tests pass.
      const method = driver.methods[name] as ((...args: readonly unknown[]) => unknown) | undefined;
      if (method === undefined) throw new Error(`no method ${name}`);
      return method(...args, { signal });
    };
    return {
      // What the contract says of connect.
      connect: (signal = new AbortController().signal) => call("connect", [], signal) as Promise<ByteStream>,
      call: (name, ...args) => call(name, args, new AbortController().signal),
      warnings,
      end: () => scope.close(),
      [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose](),
    };
  } catch (error) {
    await scope.close();
    throw error;
  }
}
