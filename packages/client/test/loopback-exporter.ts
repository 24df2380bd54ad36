import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { JumpstarterError, type AnyDefinition, type ByteStream } from "@jumpstarter-ts/core";
import {
  createServer,
  decodeValue,
  encodeValue,
  ExporterServiceService,
  ExporterStatus,
  formatHost,
  LogSource,
  readStreamTarget,
  resourceMetadata,
  RouterServiceService,
  serverStream,
  service,
  streamMetadata,
  toStatus,
} from "@jumpstarter-ts/protocol";

export interface LoopbackCall {
  /** Aborted when the client leaves. */
  readonly signal: AbortSignal;
  /** The stream behind a resource handle. */
  resource(handle: unknown): ByteStream;
  /** What the client sent along. */
  header(name: string): string | undefined;
}

export interface LoopbackDevice {
  /** The same object at two places is a proxy: it is reported twice with one uuid. */
  readonly uuid?: string;
  readonly label: string;
  readonly description?: string;
  readonly help?: Readonly<Record<string, string>>;
  readonly unary?: Readonly<Record<string, (args: unknown[], call: LoopbackCall) => unknown>>;
  readonly streaming?: Readonly<Record<string, (args: unknown[], call: LoopbackCall) => AsyncIterable<unknown>>>;
  readonly bytes?: Readonly<Record<string, (stream: ByteStream) => void>>;
  readonly children?: Readonly<Record<string, LoopbackDevice>>;
}

export interface LoopbackExporter extends AsyncDisposable {
  readonly host: string;
  /** Cuts all connections at once, as a crash does. */
  vanish(): Promise<void>;
}

export const compositeLabel = "jumpstarter_driver_composite.client.CompositeClient";

/** A registry of the given definitions, without any package. */
export function registryOf(...definitions: readonly AnyDefinition[]) {
  return {
    definition: async (label: string): Promise<AnyDefinition | undefined> =>
      definitions.find(({ contract }) => contract.label === label),
  };
}

export interface LoopbackOptions {
  /** One status after another; the last one stays. Default: ready. */
  readonly statuses?: readonly { readonly status: ExporterStatus; readonly message?: string }[];
  readonly logs?: readonly string[];
  /** Listens on TCP, in plaintext, and demands this passphrase. */
  readonly passphrase?: string;
}

/** The other end of the wire: serves plain functions as devices, over real gRPC on a unix socket. */
export async function serveLoopback(
  children: Readonly<Record<string, LoopbackDevice>>,
  { statuses = [{ status: ExporterStatus.EXPORTER_STATUS_LEASE_READY }], logs = [], passphrase }: LoopbackOptions = {},
): Promise<LoopbackExporter> {
  const root: LoopbackDevice = { label: compositeLabel, children };
  const uuids = new Map<LoopbackDevice, string>();
  const uuidOf = (device: LoopbackDevice): string => {
    const uuid = device.uuid ?? uuids.get(device) ?? randomUUID();
    uuids.set(device, uuid);
    return uuid;
  };
  const devices = new Map<string, LoopbackDevice>();
  const reports = [...flatten(root, undefined, uuidOf, devices)];
  const resources = new Map<string, ByteStream>();
  const pendingStatuses = [...statuses];

  const callOf = (call: { metadata: ReturnType<typeof streamMetadata>; on: Listen }): LoopbackCall => {
    const controller = new AbortController();
    call.on("cancelled", () => controller.abort());
    return {
      signal: controller.signal,
      header: (name) => call.metadata.get(name).map(String)[0],
      resource(handle) {
        const stream = resources.get((handle as { readonly uuid: string }).uuid);
        if (stream === undefined) throw new Error("no such resource");
        return stream;
      },
    };
  };
  const find = <K extends "unary" | "streaming" | "bytes">(
    uuid: string,
    kind: K,
    method: string,
  ): NonNullable<LoopbackDevice[K]>[string] => {
    const methods: LoopbackDevice[K] | undefined = devices.get(uuid)?.[kind];
    const found = methods === undefined ? undefined : Object.entries(methods).find(([name]) => name === method)?.[1];
    if (found !== undefined) return found;
    throw new JumpstarterError(`method ${method} not found on driver`, {
      code: "not-found",
      reason: "METHOD_UNKNOWN",
    });
  };

  const exporter = service(ExporterServiceService, {
    getReport: (_call, done) =>
      done(null, { uuid: randomUUID(), labels: new Map(), reports, alternativeEndpoints: [], motd: "" }),
    driverCall(call, done) {
      const { uuid, method, args } = call.request;
      const answer = async (): Promise<void> => {
        try {
          const result = await find(uuid, "unary", method)(args.map(decodeValue), callOf(call));
          done(null, { uuid: randomUUID(), result: encodeValue(result) });
        } catch (error) {
          done(toStatus(error));
        }
      };
      void answer();
    },
    streamingDriverCall(call) {
      const { uuid, method, args } = call.request;
      const send = async (): Promise<void> => {
        for await (const item of find(uuid, "streaming", method)(args.map(decodeValue), callOf(call))) {
          call.write({ uuid: randomUUID(), result: encodeValue(item) });
        }
        call.end();
      };
      send().catch((error: unknown) => call.emit("error", toStatus(error)));
    },
    logStream(call) {
      for (const message of logs) {
        call.write({
          uuid: "",
          severity: "INFO",
          message,
          source: LogSource.LOG_SOURCE_DRIVER,
          structuredFields: new Map(),
        });
      }
    },
    reset: (_call, done) => done({ code: 12 }, null),
    getStatus(_call, done) {
      const [status] = pendingStatuses.length > 1 ? pendingStatuses.splice(0, 1) : pendingStatuses;
      done(null, { status: status?.status ?? 0, message: status?.message, statusVersion: 1 });
    },
    endSession: (_call, done) => done(null, { success: false, message: "No active lease context" }),
  });
  const router = service(RouterServiceService, {
    stream(call) {
      try {
        const target = readStreamTarget(call.metadata);
        if (target.kind === "driver") {
          const serve = find(target.uuid, "bytes", target.method);
          call.sendMetadata(emptyMetadata());
          serve(serverStream(call));
        } else {
          const uuid = randomUUID();
          const handle = { kind: "client_stream", uuid, x_jmp_content_encoding: null } as const;
          call.sendMetadata(resourceMetadata({ handle, acceptEncoding: undefined }));
          const stream = serverStream(call);
          stream.on("error", () => undefined);
          resources.set(uuid, stream);
        }
      } catch (error) {
        call.emit("error", toStatus(error));
      }
    },
  });

  const directory = await mkdtemp(join(tmpdir(), "jmp-client-"));
  const server = createServer({ services: [exporter, router], passphrase });
  const address =
    passphrase === undefined
      ? await server.listenUnix(join(directory, "socket"))
      : await server.listenTcp({ host: "127.0.0.1", port: 0, insecure: true });
  const host = formatHost(address);
  return {
    host,
    vanish: () => server.close({ graceMs: 0 }),
    async [Symbol.asyncDispose]() {
      await server.close({ graceMs: 0 });
      await rm(directory, { recursive: true, force: true });
    },
  };
}

type Listen = (event: string, listener: () => void) => unknown;

function* flatten(
  device: LoopbackDevice,
  place: { readonly parentUuid: string; readonly name: string } | undefined,
  uuidOf: (device: LoopbackDevice) => string,
  devices: Map<string, LoopbackDevice>,
): Generator<{
  uuid: string;
  parentUuid: string | undefined;
  labels: Map<string, string>;
  description: string | undefined;
  methodsDescription: Map<string, string>;
}> {
  const uuid = uuidOf(device);
  devices.set(uuid, device);
  const labels = new Map([["jumpstarter.dev/client", device.label]]);
  if (place !== undefined) labels.set("jumpstarter.dev/name", place.name);
  const { description } = device;
  const methodsDescription = new Map(Object.entries(device.help ?? {}));
  yield { uuid, parentUuid: place?.parentUuid, labels, description, methodsDescription };
  for (const [name, child] of Object.entries(device.children ?? {})) {
    yield* flatten(child, { parentUuid: uuid, name }, uuidOf, devices);
  }
}

function emptyMetadata(): ReturnType<typeof streamMetadata> {
  const metadata = streamMetadata({ kind: "driver", uuid: "-", method: "-" });
  metadata.remove("request");
  return metadata;
}
