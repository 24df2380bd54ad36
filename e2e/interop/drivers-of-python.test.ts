import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable, type Duplex } from "node:stream";
import { setImmediate } from "node:timers/promises";

import { connect, type Session } from "@jumpstarter-ts/client";
import { createDriverRegistry } from "@jumpstarter-ts/config";
import { readAll, type ByteStream } from "@jumpstarter-ts/core";
import { network } from "@jumpstarter-ts/driver-network";
import { serial } from "@jumpstarter-ts/driver-serial";
import { flasher, storage, storageMux, storageMuxFlasher } from "@jumpstarter-ts/driver-storage";
import { canEncode, createEncoder } from "@jumpstarter-ts/encoding";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { root } from "../../scripts/step.ts";
import { startPythonExporter } from "../peers/python-exporter.ts";
import { pythonPeer } from "../peers/python.ts";
import { createLab, serveFile, type Lab } from "./lab.ts";
import { startOurs } from "./ours.ts";

const hasPython = pythonPeer() !== undefined || process.env["CI"] === "true";
const mebi = 1024 ** 2;

interface Exporter {
  readonly host: string;
  close(): Promise<unknown>;
}

const exporters: readonly [name: string, isHere: boolean, start: (exportYaml: string) => Promise<Exporter>][] = [
  ["of an unmodified Python exporter", hasPython, startPython],
  ["of our own exporter", true, startOurs],
];

describe.each(exporters)("the devices %s, in our client:", (_name, isHere, start) => {
  describe.skipIf(!isHere)("", () => {
    let lab: Lab;
    let exporter: Exporter;
    let session: Session;

    beforeAll(async () => {
      lab = await createLab();
      exporter = await start(lab.exportYaml);
      session = await connect({
        host: exporter.host,
        registry: createDriverRegistry({ from: root }),
        allow: ["UNSAFE"],
      });
    }, 60_000);

    afterAll(async () => {
      await session?.[Symbol.asyncDispose]();
      await exporter?.close();
      await lab?.[Symbol.asyncDispose]();
    });

    it.each(["echo", "tcp", "unix"])("a connection through %s is closed each way by itself", async (device) => {
      const stream = await session.device(device).as(network).open();

      stream.end("hello");

      expect(String(Buffer.from(await readAll(stream)))).toBe("hello");
    });

    it.each(["udp", "websocket"])("a message through %s comes back whole", async (device) => {
      const stream = await session.device(device).open("connect");

      stream.write("a message");
      const [message] = await once(stream, "data");
      stream.destroy();

      expect(String(message)).toBe("a message");
    });

    it("networks tell their addresses, those that have one", async () => {
      const address = (device: string): Promise<string> => session.device(device).as(network).address();

      await expect(address("tcp")).resolves.toMatch(/^tcp:\/\/127\.0\.0\.1:\d+$/);
      await expect(address("udp")).resolves.toMatch(/^udp:\/\/127\.0\.0\.1:\d+$/);
      await expect(address("websocket")).resolves.toMatch(/^ws:\/\/127\.0\.0\.1:\d+\/$/);
      await expect(address("echo")).rejects.toMatchObject({ code: "unsupported" });
    });

    it("64 MiB pass byte-exact both ways at once", async () => {
      const stream = await session.device("tcp").as(network).open();

      const [sent, received] = await Promise.all([pump(stream, 64), hashOf(stream)]);

      expect(received).toEqual(sent);
    }, 60_000);

    it("a device that reads slowly holds back who writes to it", async () => {
      const connected = once(lab.tcp, "connection");
      const stream = await session.device("tcp").as(network).open();
      const [socket] = await connected;
      socket.unpipe();
      const gauge = { sent: 0, received: 0, mostUnderWay: 0 };

      const reading = (async () => {
        for await (const chunk of socket) {
          for (let turn = 0; turn < 20; turn += 1) await setImmediate();
          gauge.received += chunk.length;
        }
      })();
      for (const piece of Array.from({ length: 64 }, () => Buffer.alloc(mebi))) {
        gauge.sent += piece.length;
        gauge.mostUnderWay = Math.max(gauge.mostUnderWay, gauge.sent - gauge.received);
        if (!stream.write(piece)) await once(stream, "drain");
      }
      stream.end();
      await reading;
      stream.destroy();

      expect(gauge.received).toBe(64 * mebi);
      // Sockets and the other side's queues; far from the whole.
      expect(gauge.mostUnderWay).toBeLessThan(32 * mebi);
    }, 60_000);

    it("a storage answers every call", async () => {
      const files = session.device("storage").as(storage);
      await files.writeBytes("a.txt", Buffer.from("hello"));
      await files.createDir("d/");
      await files.copy("a.txt", "d/b.txt");
      await files.rename("d/b.txt", "d/c.txt");
      await files.registerPath("elsewhere");

      expect(String(Buffer.from(await files.readBytes("a.txt")))).toBe("hello");
      expect(await files.stat("a.txt")).toMatchObject({ kind: "file", contentLength: 5 });
      expect(await files.hash("a.txt", { algorithm: "md5" })).toBe("5d41402abc4b2a76b9719d911017c592");
      expect((await Array.fromAsync(files.list(""))).toSorted()).toEqual(["/", "a.txt", "d/"]);
      expect((await Array.fromAsync(files.scan(""))).toSorted()).toEqual(["/", "a.txt", "d/", "d/c.txt"]);
      expect([await files.exists("d/c.txt"), await files.exists("no")]).toEqual([true, false]);
      expect(await files.capability()).toMatchObject({ read: true, write: true, presign: false });
      expect(await files.getCreatedResources()).toContain("a.txt");
      await expect(files.presignStat("a.txt", { expireSeconds: 10 })).rejects.toThrow("presign");
      await expect(files.presignRead("a.txt", { expireSeconds: 10 })).rejects.toThrow("presign");
      await expect(files.presignWrite("a.txt", { expireSeconds: 10 })).rejects.toThrow("presign");
      await expect(files.readBytes("missing")).rejects.toThrow("storage.open failed");

      await files.removeAll("d/");
      await files.delete("a.txt");
      expect(await Array.fromAsync(files.list(""))).toEqual(["/"]);
    });

    it("an open file has a cursor, and says what it is open for", async () => {
      const files = session.device("storage").as(storage);
      await files.writeBytes("cursor.txt", Buffer.from("hello"));
      await using file = await files.open("cursor.txt", "rb");

      expect([await file.readable(), await file.writable(), await file.seekable()]).toEqual([true, false, true]);
      expect([await file.seek(2), await file.tell()]).toEqual([2, 2]);
      expect(String(Buffer.from(await file.readBytes()))).toBe("llo");
      await file.close();
      expect(await file.closed()).toBe(true);
    });

    it("a file of 64 MiB is written and read back byte-exact", async () => {
      const files = session.device("storage").as(storage);
      const image = randomBytes(64 * mebi);
      await writeFile(join(lab.directory, "image"), image);

      await files.writeFromPath("image", join(lab.directory, "image"));
      await files.readIntoPath("image", join(lab.directory, "back"));

      expect(sha256(await readFile(join(lab.directory, "back")))).toBe(sha256(image));
    }, 60_000);

    it.skipIf(!canEncode("xz") || !canEncode("bz2")).each(["gzip", "zstd", "xz", "bz2"] as const)(
      "an image that is %s is flashed as what it holds",
      async (encoding) => {
        const image = randomBytes(300_000);
        const packed = join(lab.directory, `image.${encoding}`);
        await writeFile(packed, await readAll(Readable.from([image]).pipe(createEncoder(encoding))));
        const device = session.device("flasher").as(flasher);

        await device.flash({ from: packed, encoding });
        await device.dump(join(lab.directory, "plain"));

        expect(sha256(await readFile(join(lab.directory, "plain")))).toBe(sha256(image));
      },
    );

    it("an image at a URL is fetched by the exporter", async () => {
      await using web = await serveFile(randomBytes(300_000));
      const device = session.device("flasher").as(flasher);

      await device.flash(`${web.url}/image.bin`);
      await device.dump(join(lab.directory, "from-url"));

      expect(sha256(await readFile(join(lab.directory, "from-url")))).toBe(sha256(web.content));
    });

    it("muxes switch, take an image and give it back", async () => {
      const image = join(lab.directory, "mux-image");
      await writeFile(image, randomBytes(300_000));
      const mux = session.device("mux").as(storageMux);
      const sdwire = session.device("sdwire").as(storageMuxFlasher);

      await mux.host();
      await mux.writeLocalFile(image);
      await mux.readLocalFile(join(lab.directory, "from-mux"));
      await mux.dut();
      await mux.off();
      await sdwire.flash(image);
      await sdwire.dump(join(lab.directory, "from-sdwire"));

      const expected = sha256(await readFile(image));
      expect(sha256(await readFile(join(lab.directory, "from-mux")))).toBe(expected);
      expect(sha256(await readFile(join(lab.directory, "from-sdwire")))).toBe(expected);
    });

    it("a transfer that we give up leaves the device free for the next", async () => {
      const device = session.device("flasher").as(flasher);
      const stop = new AbortController();
      async function* endless(): AsyncGenerator<Uint8Array> {
        for (let count = 0; ; count += 1) {
          if (count === 20) stop.abort();
          yield Buffer.alloc(64 * 1024);
        }
      }

      await expect(device.flash(endless(), { signal: stop.signal })).rejects.toMatchObject({ code: "cancelled" });

      await device.flash(Buffer.from("the next"));
      await device.dump(join(lab.directory, "next"));
      expect(await readFile(join(lab.directory, "next"), "utf8")).toBe("the next");
    });

    it("a serial port reaches a pseudo-terminal and back", async () => {
      const console = session.device("serial").as(serial);

      await console.sendLine("uname");
      const [sent] = await once(lab.pty.received, "data");
      await lab.pty.send("Linux\r\nlogin: ");

      expect(String(sent)).toContain("uname");
      await expect(console.waitFor("login: ", { since: "start" })).resolves.toMatchObject({ text: "login: " });
    });

    it("its log and its status are told", async () => {
      await session.device("mux").as(storageMux).host();
      const messages: string[] = [];

      for await (const { message, source } of session.logs()) {
        if (source === "driver") messages.push(message);
        if (messages.length > 0) break;
      }

      expect(messages).toHaveLength(1);
      await expect(session.status()).resolves.toMatchObject({ state: "lease-ready" });
    });
  });
});

async function startPython(exportYaml: string): Promise<Exporter> {
  const python = await startPythonExporter(exportYaml);
  return { host: python.host, close: async () => python[Symbol.asyncDispose]() };
}

/** Writes bytes of which no piece is like another; gives their number and hash. */
async function pump(stream: Duplex, pieces: number): Promise<{ bytes: number; hash: string }> {
  const hash = createHash("sha256");
  const seed = randomBytes(mebi);
  for (let piece = 0; piece < pieces; piece += 1) {
    const data = Buffer.concat([seed.subarray(piece * 1000), seed.subarray(0, piece * 1000)]);
    hash.update(data);
    if (!stream.write(data)) await once(stream, "drain");
  }
  stream.end();
  return { bytes: pieces * mebi, hash: hash.digest("hex") };
}

async function hashOf(stream: ByteStream): Promise<{ bytes: number; hash: string }> {
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
    // A stream of bytes, not of objects.
    hash.update(chunk as Uint8Array);
    bytes += (chunk as Uint8Array).length;
  }
  return { bytes, hash: hash.digest("hex") };
}

function sha256(data: Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}
