import { once } from "node:events";
import type { Duplex } from "node:stream";
import { finished } from "node:stream/promises";

import { parseExporterConfig, type DriverRegistry } from "@jumpstarter-ts/config";
import { JumpstarterError, type Implementation } from "@jumpstarter-ts/core";
import {
  clientStream,
  decodeValue,
  encodeValue,
  ExporterServiceClient,
  fromStatus,
  initialMetadata,
  openChannel,
  parseHost,
  readResourceAnswer,
  RouterServiceClient,
  streamMetadata,
  type DriverInstanceReport,
  type GetReportResponse,
  type GetStatusResponse,
  type LogStreamResponse,
  type StreamTarget,
} from "@jumpstarter-ts/protocol";

import { startExporter, type Listen, type StartExporterOptions } from "../src/start-exporter.ts";

export interface BenchOptions {
  readonly yaml: string;
  readonly drivers?: Readonly<Record<string, Implementation>>;
  readonly listen?: Listen;
  readonly log?: StartExporterOptions["log"];
}

/** An exporter in this process with the given drivers, and a bare gRPC client. */
export async function openBench({ yaml, drivers = {}, listen, log }: BenchOptions) {
  const exporter = await startExporter({
    config: parseExporterConfig(yaml, { file: "/lab/bench.yaml", env: {} }),
    registry: registryOf(drivers),
    listen,
    log,
  });
  const client = connect(exporter.host);
  return {
    ...client,
    exporter,
    async [Symbol.asyncDispose]() {
      await client[Symbol.asyncDispose]();
      await exporter.close();
    },
  };
}

export function registryOf(drivers: Readonly<Record<string, Implementation>>): DriverRegistry {
  return {
    async implementation(type) {
      const found = drivers[type];
      if (found !== undefined) return found;
      throw new JumpstarterError(`no installed package has the driver ${type}`, {
        code: "not-found",
        reason: "DRIVER_NOT_INSTALLED",
      });
    },
    definition: async () => undefined,
    packages: () => [],
  };
}

export function connect(host: string, { passphrase }: { readonly passphrase?: string } = {}) {
  const peer = openChannel({ address: parseHost(host), insecure: true, passphrase });
  const exporter = peer.client(ExporterServiceClient);
  const router = peer.client(RouterServiceClient);
  const report = (): Promise<GetReportResponse> => unary((done) => exporter.getReport({}, done), "report");

  const find = async (path: string): Promise<DriverInstanceReport> => {
    const { reports } = await report();
    const byName = (name: string, parent: string | undefined) =>
      reports.find((each) => each.labels.get("jumpstarter.dev/name") === name && each.parentUuid === parent);
    let found = reports[0];
    for (const name of path.split(".")) found = byName(name, found?.uuid);
    if (found === undefined) throw new Error(`no device ${path}`);
    return found;
  };

  return {
    report,
    find,
    grpc: exporter,
    status: () => unary<GetStatusResponse>((done) => exporter.getStatus({}, done), "status"),
    endSession: () =>
      unary<{ success: boolean; message?: string | undefined }>((done) => exporter.endSession({}, done), "end"),
    reset: () => unary((done) => exporter.reset({}, done), "reset"),
    async call(path: string, method: string, ...args: readonly unknown[]): Promise<unknown> {
      const { uuid } = await find(path);
      return callDevice(uuid, method, ...args);
    },
    callDevice,
    /** A unary call that the caller can cancel. */
    async start(path: string, method: string, ...args: readonly unknown[]) {
      const { uuid } = await find(path);
      const { promise, resolve, reject } = Promise.withResolvers<unknown>();
      const call = exporter.driverCall(
        { uuid, method, args: args.map((arg) => encodeValue(arg)) },
        (error, response) => (error === null ? resolve(response.result) : reject(fromStatus(error, method))),
      );
      promise.catch(() => undefined);
      return { call, result: promise };
    },
    async stream(path: string, method: string, ...args: readonly unknown[]) {
      const { uuid } = await find(path);
      return exporter.streamingDriverCall({ uuid, method, args: args.map((arg) => encodeValue(arg)) });
    },
    async items(path: string, method: string, ...args: readonly unknown[]): Promise<readonly unknown[]> {
      const { uuid } = await find(path);
      const call = exporter.streamingDriverCall({ uuid, method, args: args.map((arg) => encodeValue(arg)) });
      const items: unknown[] = [];
      try {
        for await (const { result } of call) items.push(decodeValue(result));
      } catch (error) {
        throw Object.assign(fromStatus(error, method), { items });
      }
      return items;
    },
    async open(
      target: Omit<Extract<StreamTarget, { kind: "driver" }>, "uuid"> & { path: string },
      options: { datagrams?: boolean } = {},
    ) {
      const { uuid } = await find(target.path);
      const call = router.stream(streamMetadata({ kind: "driver", uuid, method: target.method }));
      await initialMetadata(call);
      return clientStream(call, options);
    },
    async lend(path: string, contentEncoding: string | null = null) {
      const { uuid } = await find(path);
      const call = router.stream(streamMetadata({ kind: "resource", uuid, contentEncoding }));
      const answer = readResourceAnswer(await initialMetadata(call));
      const stream = clientStream(call);
      // What a test does not look at must not end it.
      stream.on("error", () => undefined);
      return { ...answer, stream };
    },
    router,
    logs: () => exporter.logStream({}),
    async nextLog(logs: ReturnType<typeof exporter.logStream>): Promise<LogStreamResponse> {
      const read: unknown = logs.read();
      if (read !== null) return read as LogStreamResponse; // what a log stream's messages are
      await once(logs, "readable");
      return this.nextLog(logs);
    },
    async [Symbol.asyncDispose]() {
      peer.close();
    },
  };

  async function callDevice(uuid: string, method: string, ...args: readonly unknown[]): Promise<unknown> {
    const request = { uuid, method, args: args.map((arg) => encodeValue(arg)) };
    const response = await unary<{ result?: Parameters<typeof decodeValue>[0] }>(
      (done) => exporter.driverCall(request, done),
      method,
    );
    return decodeValue(response.result);
  }
}

/** Reads to the end and leaves the other direction alone, which iterating over a Duplex does not. */
export async function readEnd(stream: Duplex): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  stream.on("data", (chunk: Uint8Array) => chunks.push(chunk));
  await finished(stream, { writable: false });
  return Buffer.concat(chunks);
}

function unary<T>(start: (done: (error: Error | null, response: T) => void) => unknown, what: string): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  start((error, response) => (error === null ? resolve(response) : reject(fromStatus(error, what))));
  return promise;
}
