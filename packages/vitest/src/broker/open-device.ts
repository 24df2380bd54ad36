import { allDevices, connect, type Session } from "@jumpstarter-ts/client";
import type { DriverRegistry } from "@jumpstarter-ts/config";
import { createScope } from "@jumpstarter-ts/core";
import {
  clientStream,
  ExporterServiceClient,
  initialMetadata,
  openChannel,
  parseHost,
  RouterServiceClient,
  streamMetadata,
  type PeerChannel,
} from "@jumpstarter-ts/protocol";

import { createConsoleHub, type ConsoleHub } from "./console-hub.ts";

/** A session that the broker holds, with its consoles open. */
export interface OpenDevice extends AsyncDisposable {
  readonly session: Session;
  readonly upstream: PeerChannel;
  consoleOf(uuid: string, method: string): ConsoleHub | undefined;
  readonly hubs: readonly ConsoleHub[];
}

export interface OpenDeviceOptions {
  readonly host: string;
  readonly registry: Pick<DriverRegistry, "definition">;
  /** Ends the attempt to open it. */
  readonly signal?: AbortSignal;
}

const clientLabel = "jumpstarter.dev/client";

export async function openDevice({ host, registry, signal }: OpenDeviceOptions): Promise<OpenDevice> {
  const scope = createScope(`the session at ${host}`);
  try {
    const session = scope.use(await connect({ host, registry, ...(signal === undefined ? {} : { signal }) }));
    const upstream = scope.use(openUpstream(host));
    const hubs = await openConsoles(session, upstream);
    for (const hub of hubs.values()) scope.use(hub);
    return {
      session,
      upstream,
      consoleOf: (uuid, method) => hubs.get(keyOf(uuid, method)),
      hubs: [...hubs.values()],
      [Symbol.asyncDispose]: async () => void (await scope.close()),
    };
  } catch (error) {
    await scope.close();
    throw error;
  }
}

/** A second channel to the same exporter, on which the calls of the workers travel. */
function openUpstream(host: string): PeerChannel {
  const { JMP_GRPC_PASSPHRASE, JMP_GRPC_INSECURE, JUMPSTARTER_GRPC_INSECURE } = process.env;
  return openChannel({
    address: parseHost(host),
    passphrase: JMP_GRPC_PASSPHRASE,
    insecure: (JMP_GRPC_INSECURE ?? JUMPSTARTER_GRPC_INSECURE) === "1",
  });
}

/** A hub for every stream that a definition calls its console. A proxy repeats a uuid, and shares the hub. */
async function openConsoles(session: Session, upstream: PeerChannel): Promise<ReadonlyMap<string, ConsoleHub>> {
  const methods = new Map(
    [...allDevices(session.root)].flatMap(({ label, definition }) =>
      definition?.console === undefined ? [] : [[label, definition.console] as const],
    ),
  );
  const hubs = new Map<string, ConsoleHub>();
  if (methods.size === 0) return hubs;
  const router = upstream.client(RouterServiceClient);
  for (const { uuid, labels } of await readReports(upstream)) {
    const method = methods.get(labels.get(clientLabel) ?? "");
    if (method === undefined || hubs.has(keyOf(uuid, method))) continue;
    hubs.set(
      keyOf(uuid, method),
      createConsoleHub(async () => {
        const call = router.stream(streamMetadata({ kind: "driver", uuid, method }));
        await initialMetadata(call);
        return clientStream(call);
      }),
    );
  }
  return hubs;
}

interface Report {
  readonly uuid: string;
  readonly labels: ReadonlyMap<string, string>;
}

function readReports(upstream: PeerChannel): Promise<readonly Report[]> {
  const { promise, resolve, reject } = Promise.withResolvers<readonly Report[]>();
  upstream.client(ExporterServiceClient).getReport({}, (error, response) => {
    if (error === null) resolve(response.reports);
    else reject(error);
  });
  return promise;
}

function keyOf(uuid: string, method: string): string {
  return `${uuid} ${method}`;
}
