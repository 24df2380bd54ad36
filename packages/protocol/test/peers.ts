import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { createScope } from "@jumpstarter-ts/core";

import {
  type ClientStreamCall,
  createServer,
  openChannel,
  type PeerChannel,
  RouterServiceClient,
  RouterServiceService,
  type ServerStreamCall,
  type Service,
  service,
} from "../src/index.ts";

/** A directory that is removed at the end of the test. */
export async function temporaryDirectory(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), "jmp-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** A server on a unix socket and a channel to it. */
export async function servePeer(...services: readonly Service[]): Promise<AsyncDisposable & { peer: PeerChannel }> {
  const stack = createScope("what the test opens");
  const directory = stack.use(await temporaryDirectory());
  const server = stack.use(createServer({ services }));
  const address = await server.listenUnix(join(directory.path, "socket"));
  const peer = stack.use(openChannel({ address }));
  return { peer, [Symbol.asyncDispose]: () => stack[Symbol.asyncDispose]() };
}

export interface StreamCalls extends AsyncDisposable {
  readonly client: ClientStreamCall;
  readonly server: ServerStreamCall;
}

/** The two ends of one RouterService.Stream call. */
export async function openCall(): Promise<StreamCalls> {
  const arrived = Promise.withResolvers<ServerStreamCall>();
  const router = service(RouterServiceService, {
    stream: (call) => {
      call.sendMetadata(call.metadata);
      arrived.resolve(call);
    },
  });
  const { peer, ...served } = await servePeer(router);
  const client = peer.client(RouterServiceClient).stream();
  // Cancelled calls report so; the tests look at what the streams say.
  client.on("error", () => undefined);
  const server = await arrived.promise;
  return {
    client,
    server,
    async [Symbol.asyncDispose]() {
      client.cancel();
      await served[Symbol.asyncDispose]();
    },
  };
}
