import { once } from "node:events";
import { rename, stat, writeFile } from "node:fs/promises";
import { connect as connectHttp2 } from "node:http2";
import { createServer as createNetServer } from "node:net";
import { join } from "node:path";

import { status as Status } from "@grpc/grpc-js";
import { describe, expect, it } from "vitest";

import { temporaryDirectory } from "../test/peers.ts";
import {
  clientWindowBytes,
  createServer,
  type CreateServerOptions,
  ExporterServiceClient,
  ExporterServiceService,
  type Handlers,
  openChannel,
  type PeerChannel,
  RouterServiceClient,
  RouterServiceService,
  rpcStatusOf,
  serverWindowBytes,
  service,
} from "./index.ts";

describe("a server on a unix socket", () => {
  it("answers, and leaves no file behind", async () => {
    await using directory = await temporaryDirectory();
    const path = join(directory.path, "deep", "socket");
    const server = exporter();
    const address = await server.listenUnix(path);
    await using peer = openChannel({ address });

    expect(await statusOf(peer)).toBe("answered");
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await stat(join(directory.path, "deep"))).mode & 0o777).toBe(0o700);

    await server.close();
    await server.close();
    await expect(stat(path)).rejects.toMatchObject({ code: "ENOENT" });
  });

  it("is addressed as localhost", async () => {
    await using directory = await temporaryDirectory();
    const seen = Promise.withResolvers<string>();
    await using server = createServer({
      services: [service(RouterServiceService, { stream: (call) => (seen.resolve(call.getHost()), call.end()) })],
    });
    await using peer = openChannel({ address: await server.listenUnix(join(directory.path, "socket")) });

    peer.client(RouterServiceClient).stream().resume();

    expect(await seen.promise).toBe("localhost");
  });

  it("takes the place of a socket that a dead process left", async () => {
    await using directory = await temporaryDirectory();
    const path = join(directory.path, "socket");
    await leaveStaleSocket(path);
    await using server = exporter();

    await using peer = openChannel({ address: await server.listenUnix(path) });

    expect(await statusOf(peer)).toBe("answered");
  });

  it("leaves a socket alone that somebody serves, and a file that is none", async () => {
    await using directory = await temporaryDirectory();
    const path = join(directory.path, "socket");
    const file = join(directory.path, "file");
    await writeFile(file, "mine");
    await using first = exporter();
    await using second = exporter();
    await using peer = openChannel({ address: await first.listenUnix(path) });

    await expect(second.listenUnix(path)).rejects.toMatchObject({ reason: "SOCKET_IN_USE" });
    await expect(second.listenUnix(file)).rejects.toMatchObject({ reason: "SOCKET_IN_USE" });
    expect(await statusOf(peer)).toBe("answered");
  });

  it("says that a path is too long, before the system does in fewer words", async () => {
    await expect(exporter().listenUnix(`/tmp/${"x".repeat(120)}`)).rejects.toMatchObject({
      code: "invalid-argument",
      reason: "SOCKET_PATH_TOO_LONG",
    });
  });

  it("cuts calls that outlive the grace of its closing", async () => {
    await using directory = await temporaryDirectory();
    const opened = Promise.withResolvers<void>();
    const server = createServer({
      services: [
        service(RouterServiceService, { stream: (call) => (call.sendMetadata(call.metadata), opened.resolve()) }),
      ],
    });
    await using peer = openChannel({ address: await server.listenUnix(join(directory.path, "socket")) });
    const call = peer.client(RouterServiceClient).stream();
    const failed = once(call, "error");
    await opened.promise;

    await server.close({ graceMs: 10 });

    expect(rpcStatusOf((await failed)[0])).toBeDefined();
  });
});

describe("a server on TCP", () => {
  it("takes a free port and says which", async () => {
    await using server = exporter();
    const address = await server.listenTcp({ host: "127.0.0.1", port: 0, insecure: true });
    await using peer = openChannel({ address, insecure: true });

    await peer.ready();

    expect(address.port).toBeGreaterThan(0);
    expect(await statusOf(peer)).toBe("answered");
  });

  it("says that a port is in use", async () => {
    await using first = exporter();
    await using second = exporter();
    const { port } = await first.listenTcp({ host: "127.0.0.1", port: 0, insecure: true });

    await expect(second.listenTcp({ host: "127.0.0.1", port, insecure: true })).rejects.toMatchObject({
      code: "failed-precondition",
      reason: "LISTEN_FAILED",
      message: expect.stringContaining(`cannot listen on 127.0.0.1:${port}: `),
    });
  });

  it("is not taken for plaintext where nobody said so", async () => {
    await using server = exporter();
    const address = await server.listenTcp({ host: "127.0.0.1", port: 0, insecure: true });
    await using peer = openChannel({ address });

    await expect(peer.ready({ timeoutMs: 5000 })).rejects.toMatchObject({
      code: "failed-precondition",
      reason: "TLS_NOT_SPOKEN",
    });
  });
});

describe("a channel", () => {
  it("says who does not answer", async () => {
    await using directory = await temporaryDirectory();
    const path = join(directory.path, "nobody");
    await using peer = openChannel({ address: { kind: "unix", path } });

    await expect(peer.ready()).rejects.toMatchObject({
      code: "unavailable",
      reason: "PEER_UNREACHABLE",
      message: `nothing answers at ${path}; check that the exporter is running`,
    });
  });

  it("stops waiting when told to", async () => {
    await using peer = openChannel({ address: { kind: "tcp", host: "127.0.0.1", port: 9 }, insecure: true });

    await expect(peer.ready({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "cancelled" });
  });
});

describe("a passphrase", () => {
  it.each([
    ["the right one", "sesame", "answered"],
    ["a wrong one", "sesamE", { status: Status.UNAUTHENTICATED, details: "invalid or missing passphrase" }],
    ["none", undefined, { status: Status.UNAUTHENTICATED, details: "invalid or missing passphrase" }],
  ])("is demanded of every call: %s", async (_name, passphrase, outcome) => {
    await using directory = await temporaryDirectory();
    await using server = exporter({ passphrase: "sesame" });
    const address = await server.listenUnix(join(directory.path, "socket"));
    await using peer = openChannel({ address, passphrase });

    expect(await statusOf(peer)).toEqual(outcome);
  });
});

describe("flow control, for which we reach into grpc-js", () => {
  it("has the server's window, for a stream and for the connection", async () => {
    await using directory = await temporaryDirectory();
    await using server = exporter();
    const path = join(directory.path, "socket");
    await server.listenUnix(path);
    const session = connectHttp2("http://localhost", { path });
    await using _closed = { [Symbol.asyncDispose]: async () => session.destroy() };
    await once(session, "remoteSettings");
    // The connection's window comes in a frame of its own, behind the settings.
    while ((session.state.remoteWindowSize ?? 0) < serverWindowBytes) await new Promise(setImmediate);

    expect(session.remoteSettings.initialWindowSize).toBe(serverWindowBytes);
    expect(session.state.remoteWindowSize).toBe(serverWindowBytes);
  });

  it("has room for what a client receives, and less than a socket's buffer for what a server does", () => {
    expect(clientWindowBytes).toBe(1024 ** 2);
    expect(serverWindowBytes).toBeLessThan(200_000);
  });
});

function exporter(options: Partial<CreateServerOptions> = {}) {
  const handlers: Pick<Handlers<typeof ExporterServiceService>, "getStatus"> = {
    getStatus: (_call, answer) => answer(null, { status: 4, statusVersion: 1 }),
  };
  // Only one method is called here; grpc-js answers UNIMPLEMENTED for the others.
  const all = handlers as Handlers<typeof ExporterServiceService>;
  return createServer({ services: [service(ExporterServiceService, all)], ...options });
}

function statusOf(peer: PeerChannel): Promise<unknown> {
  return new Promise((resolve) => {
    peer.client(ExporterServiceClient).getStatus({}, (error) => resolve(error ? rpcStatusOf(error) : "answered"));
  });
}

/** A socket file with nobody behind it: Node removes a path on close only if it is still the one that it made. */
async function leaveStaleSocket(path: string): Promise<void> {
  const other = createNetServer().listen(`${path}.first`);
  await once(other, "listening");
  await rename(`${path}.first`, path);
  other.close();
  await once(other, "close");
}
