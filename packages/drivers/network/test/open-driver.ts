import {
  createScope,
  silentLogger,
  type ByteStream,
  type DriverScope,
  type Implementation,
} from "@jumpstarter-ts/core";

export interface OpenDriver extends AsyncDisposable {
  connect(signal?: AbortSignal): Promise<ByteStream>;
  address(): Promise<string>;
  readonly labels: Readonly<Record<string, string>>;
  /** What an exporter does at the end of a session. */
  close(): Promise<readonly Error[]>;
}

/** An implementation, open, as an exporter holds it. */
export async function openDriver(implementation: Implementation, options: unknown): Promise<OpenDriver> {
  const scope: DriverScope = {
    ...createScope("net"),
    log: silentLogger,
    baseDirectory: import.meta.dirname,
    children: {},
  };
  const driver = await implementation.open(options, scope);
  const call = async (name: string, signal = new AbortController().signal): Promise<unknown> => {
    const method = driver.methods[name] as ((context: { signal: AbortSignal }) => unknown) | undefined; // takes no arguments
    if (method === undefined) throw new Error(`no method ${name}`);
    return method({ signal });
  };
  return {
    connect: (signal) => call("connect", signal) as Promise<ByteStream>, // what every contract here says
    address: () => call("address") as Promise<string>, // as above
    labels: driver.labels,
    close: () => scope.close(),
    [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose](),
  };
}
