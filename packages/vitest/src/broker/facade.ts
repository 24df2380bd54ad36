import { clock, within } from "@jumpstarter-ts/core";
import {
  createServer,
  ExporterServiceClient,
  ExporterServiceService,
  readStreamTarget,
  RouterServiceService,
  type PeerChannel,
} from "@jumpstarter-ts/protocol";

import type { ConsoleHub } from "./console-hub.ts";
import { serveConsole } from "./console-stream.ts";
import { asFailure, asIs, passOn, rawService, type Handlers, type Metadata } from "./grpc-calls.ts";

export interface FacadeOptions {
  /** The socket to serve on: of one attempt. */
  readonly path: string;
  /** The way to the real session. */
  readonly upstream: PeerChannel;
  /** The console that a driver's stream is, if it is one. */
  readonly consoleOf: (uuid: string, method: string) => ConsoleHub | undefined;
}

/** What one attempt reaches of a device: a session that ends with the attempt. */
export interface Facade {
  /** Cuts everything off. Resolves when no call of the attempt is under way at the exporter any more. */
  end(): Promise<void>;
}

/**
 * How long a call that nobody waits for any more may still come to its end by itself. A relay that is being switched on
 * must have been switched on before it can be switched off for good.
 */
const settleMs = 500;

/** Passes every call through to the real session, as bytes; only consoles are served from the broker's own. */
export async function serveFacade({ path, upstream, consoleOf }: FacadeOptions): Promise<Facade> {
  const client = upstream.client(ExporterServiceClient);
  const calls = new Map<Promise<void>, () => void>();
  const streams = new Set<() => void>();

  const trackStream = (cut: () => void): (() => void) => {
    streams.add(cut);
    return () => streams.delete(cut);
  };

  const handlers: Handlers = {
    unary: (route) => (call, answer) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      let timer: NodeJS.Timeout | undefined;
      const outgoing = client.makeUnaryRequest(route, asIs, asIs, call.request, call.metadata, (error, response) => {
        clock.clearTimeout(timer);
        calls.delete(promise);
        resolve();
        answer(error === null ? null : asFailure(error), response);
      });
      calls.set(promise, () => outgoing.cancel());
      call.on("cancelled", () => {
        // gRPC says so of calls that have ended, too.
        if (calls.has(promise)) timer = clock.setTimeout(() => outgoing.cancel(), settleMs);
      });
    },
    serverStream: (route) => (call) => {
      const outgoing = client.makeServerStreamRequest(route, asIs, asIs, call.request, call.metadata);
      passOn(
        outgoing,
        call,
        trackStream(() => outgoing.cancel()),
      );
      call.on("cancelled", () => outgoing.cancel());
    },
    bidi: (route) => (call) => {
      const hub = hubOf(call.metadata, consoleOf);
      if (hub !== undefined) {
        call.once(
          "close",
          trackStream(() => call.end()),
        );
        void serveConsole(call, hub, call.metadata.clone());
        return;
      }
      const outgoing = client.makeBidiStreamRequest(route, asIs, asIs, call.metadata);
      passOn(
        outgoing,
        call,
        trackStream(() => outgoing.cancel()),
      );
      call.on("cancelled", () => outgoing.cancel());
      // Both carry bytes, which is what their streams were told to.
      call.pipe(outgoing as unknown as NodeJS.WritableStream);
    },
  };

  const server = createServer({
    services: [rawService(ExporterServiceService, handlers), rawService(RouterServiceService, handlers)],
  });
  await server.listenUnix(path);

  return {
    async end() {
      for (const cut of streams) cut();
      await within(Promise.all(calls.keys()), { timeoutMs: settleMs, what: "a call of a test that is over" }).catch(
        () => {
          for (const cancel of calls.values()) cancel();
        },
      );
      await server.close({ graceMs: 0 });
    },
  };
}

/** A stream whose target cannot be read is the exporter's to refuse. */
function hubOf(metadata: Metadata, consoleOf: FacadeOptions["consoleOf"]): ConsoleHub | undefined {
  try {
    const target = readStreamTarget(metadata);
    return target.kind === "driver" ? consoleOf(target.uuid, target.method) : undefined;
  } catch {
    return undefined;
  }
}
