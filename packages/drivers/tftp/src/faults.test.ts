import { randomBytes } from "node:crypto";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { readdir, truncate, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";

import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { openFaultProxy, type Fate } from "../test/fault-proxy.ts";
import { openServer } from "../test/open-server.ts";
import { tftpRead } from "../test/tftp-client.ts";
import { decodePacket, encodePacket } from "./packet.ts";

const retryMs = 40;

/** A client that does nothing by itself. */
async function openClient(serverPort: number) {
  const socket = createSocket("udp4").bind(0, "127.0.0.1");
  await once(socket, "listening");
  const received: { readonly packet: ReturnType<typeof decodePacket>; readonly port: number }[] = [];
  socket.on("message", (bytes, from) => received.push({ packet: decodePacket(bytes), port: from.port }));
  return {
    received,
    send: (packet: Parameters<typeof encodePacket>[0], port = serverPort) =>
      socket.send(encodePacket(packet), port, "127.0.0.1"),
    /** The next packet. */
    async next() {
      const [bytes, from] = await once(socket, "message");
      return { packet: decodePacket(bytes), port: Number(from.port) };
    },
    ask(name: string, options: Readonly<Record<string, string>> = {}) {
      this.send({ kind: "read", name, mode: "octet", options: new Map(Object.entries(options)) });
    },
    [Symbol.dispose]: () => socket.close(),
  };
}

describe("a transfer over a network", () => {
  it.each([
    ["without a window", {}],
    ["with a window of 4", { windowsize: 4 }],
    ["with a window of 16", { windowsize: 16, blksize: 1024 }],
  ])(
    "%s arrives whole, whatever is lost, doubled and swapped on the way",
    async (_how, options: Record<string, number>) => {
      await using opened = await openServer();
      const image = randomBytes(20_000);
      await writeFile(join(opened.root, "Image"), image);
      const fates = fc.array(fc.constantFrom<Fate>("pass", "pass", "pass", "pass", "lose", "double", "hold"), {
        minLength: 7,
        maxLength: 40,
      });
      await fc.assert(
        fc.asyncProperty(fates, async (fated) => {
          let count = 0;
          // Three in a row are what a server gives up after, so the first of them are the last faults.
          const decide = (): Fate => (count < 40 ? (fated[count++ % fated.length] ?? "pass") : "pass");
          await using proxy = await openFaultProxy(opened.server.port, decide);
          const read = (): Promise<{ readonly data: Buffer }> =>
            tftpRead({ port: proxy.port, name: "Image", options, timeoutMs: retryMs });
          // A server that has given up is asked again.
          const { data } = await read().catch(read).catch(read).catch(read).catch(read);
          expect(image.equals(data)).toBe(true);
        }),
        { numRuns: 8 },
      );
    },
    60_000,
  );

  it.each([
    [1, 40],
    [8, 40],
  ])(
    "with a window of %i sends no block more than twice when every acknowledgement comes twice",
    async (window, blocks) => {
      await using opened = await openServer({ timeoutMs: 5_000 });
      await writeFile(join(opened.root, "Image"), randomBytes(512 * blocks - 1));
      await using proxy = await openFaultProxy(opened.server.port, (direction) =>
        direction === "to-server" ? "double" : "pass",
      );

      await tftpRead({ port: proxy.port, name: "Image", options: { windowsize: window, blksize: 512 } });

      // Beside the confirmation of the options.
      expect(proxy.passed["to-client"]).toBeLessThanOrEqual((window === 1 ? 1 : 2) * blocks + 2);
    },
  );

  it("does not feed on packets that come twice both ways", async () => {
    await using opened = await openServer({ timeoutMs: 5_000 });
    await writeFile(join(opened.root, "Image"), randomBytes(512 * 200 - 1));
    await using proxy = await openFaultProxy(opened.server.port, () => "double");

    await tftpRead({ port: proxy.port, name: "Image", options: { windowsize: 8, blksize: 512 } });

    // Twice by the proxy; by us at most twice, and a few windows.
    expect(proxy.passed["to-client"]).toBeLessThanOrEqual(2 * (2 * 200 + 6 * 8));
  });

  it("sends what was not answered three times in all, then gives up and says so", async () => {
    await using opened = await openServer();
    await writeFile(join(opened.root, "Image"), "hello");
    using client = await openClient(opened.server.port);
    client.ask("Image");

    await opened.warning(/no answer to 3 tries of 0\.05 s/);
    // The last packet is sent before the warning, and may still be on its way.
    while (client.received.length < 4) await client.next();

    expect(client.received.map(({ packet }) => packet?.kind)).toEqual(["data", "data", "data", "error"]);
  });

  it("answers a request that comes again with the same transfer", async () => {
    await using opened = await openServer({ timeoutMs: 5_000 });
    await writeFile(join(opened.root, "Image"), "hello");
    using client = await openClient(opened.server.port);
    client.ask("Image");
    const first = await client.next();
    client.ask("Image");
    const second = await client.next();

    expect(second).toEqual(first);
  });

  it("begins anew for a client that asks for another file from the same port", async () => {
    await using opened = await openServer({ timeoutMs: 5_000 });
    await writeFile(join(opened.root, "one"), "one");
    await writeFile(join(opened.root, "two"), "two");
    using client = await openClient(opened.server.port);
    client.ask("one");
    await client.next();
    client.ask("two");

    await opened.warning(/the client began another transfer/);
    while (client.received.length < 3) await client.next();

    const data = client.received.flatMap(({ packet }) => (packet?.kind === "data" ? [String(packet.data)] : []));
    expect(data).toEqual(["one", "two"]);
  });

  it.runIf(process.platform === "linux")("has one transfer of a port, however often it begins anew", async () => {
    const openDescriptors = async (): Promise<number> => (await readdir("/proc/self/fd")).length;
    await using opened = await openServer({ timeoutMs: 5_000 });
    await writeFile(join(opened.root, "Image"), "hello");
    using client = await openClient(opened.server.port);
    const before = await openDescriptors();
    for (let index = 0; index < 100; index += 1) client.ask(`absent-${index}`);
    client.ask("Image");

    let most = 0;
    for (let isServed = false; !isServed; most = Math.max(most, await openDescriptors())) {
      isServed = (await client.next()).packet?.kind === "data";
    }

    expect(most).toBeLessThan(before + 8);
  });

  it("answers strangers with error 5, and goes on", async () => {
    await using opened = await openServer({ timeoutMs: 5_000 });
    const image = randomBytes(1_000);
    await writeFile(join(opened.root, "Image"), image);
    using client = await openClient(opened.server.port);
    using stranger = await openClient(opened.server.port);
    client.ask("Image");
    const { port } = await client.next();

    stranger.send({ kind: "acknowledgement", block: 1 }, port);
    expect((await stranger.next()).packet).toMatchObject({ kind: "error", code: 5 });

    client.send({ kind: "acknowledgement", block: 1 }, port);
    expect((await client.next()).packet).toEqual({ kind: "data", block: 2, data: image.subarray(512) });
  });

  it("does not answer a stranger's error, which two servers would go on with for ever", async () => {
    await using opened = await openServer({ timeoutMs: 5_000 });
    await writeFile(join(opened.root, "Image"), "hello");
    using client = await openClient(opened.server.port);
    using stranger = await openClient(opened.server.port);
    client.ask("Image");
    const { port } = await client.next();

    stranger.send({ kind: "error", code: 5, message: "this port belongs to another" }, port);
    // Answered after a look at the disk, and so after what came before.
    stranger.ask("absent");

    expect((await stranger.next()).packet).toMatchObject({ kind: "error", code: 1 });
  });

  it("ends when its client says so, and is told when its client says nonsense", async () => {
    await using opened = await openServer({ timeoutMs: 5_000 });
    await writeFile(join(opened.root, "Image"), "hello");
    using client = await openClient(opened.server.port);
    client.ask("Image", { tsize: "0" });
    const { port } = await client.next();
    client.send({ kind: "error", code: 8, message: "only asking" }, port);
    await opened.warning(/the client ended it with error 8: only asking/);

    using other = await openClient(opened.server.port);
    other.ask("Image");
    const { port: otherPort } = await other.next();
    other.send({ kind: "data", block: 1, data: Buffer.from("") }, otherPort);
    expect((await other.next()).packet).toMatchObject({ kind: "error", code: 4 });
  });

  it("answers what is no request with error 4", async () => {
    await using opened = await openServer();
    using client = await openClient(opened.server.port);
    client.send({ kind: "acknowledgement", block: 1 });
    expect((await client.next()).packet).toMatchObject({ kind: "error", code: 4 });
  });

  it("says that the server was stopped", async () => {
    await using opened = await openServer({ timeoutMs: 5_000 });
    await writeFile(join(opened.root, "Image"), "hello");
    using client = await openClient(opened.server.port);
    client.ask("Image");
    await client.next();
    const told = client.next();

    await opened.server[Symbol.asyncDispose]();

    expect((await told).packet).toMatchObject({ kind: "error", message: "the server was stopped" });
  });

  it("refuses more transfers at a time than it may have", async () => {
    await using opened = await openServer({ maxTransfers: 1, timeoutMs: 5_000 });
    await writeFile(join(opened.root, "Image"), "hello");
    using client = await openClient(opened.server.port);
    client.ask("Image");
    await client.next();
    await expect(tftpRead({ port: opened.server.port, name: "Image" })).rejects.toMatchObject({ code: 0 });
  });

  it.each([
    ["changes", (path: string) => utimes(path, new Date(), new Date(0))],
    ["becomes shorter", (path: string) => truncate(path, 1_000)],
  ])("is broken off when its file %s, so that nobody boots half of each", async (_how, change) => {
    await using opened = await openServer({ timeoutMs: 500 });
    const path = join(opened.root, "Image");
    await writeFile(path, randomBytes(500_000));
    let isChanging = false;
    let isChanged = false;
    const read = tftpRead({
      port: opened.server.port,
      name: "Image",
      timeoutMs: retryMs,
      onPacket(packet) {
        if (packet.kind !== "data" || packet.block !== 20) return true;
        if (!isChanging) void change(path).then(() => (isChanged = true));
        isChanging = true;
        // The transfer waits here until the file is changed.
        return isChanged;
      },
    });
    await expect(read).rejects.toMatchObject({ code: 0, message: expect.stringMatching(/changed|shorter/) });
  });
});
