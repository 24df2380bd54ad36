import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { openFaultProxy, type Fate } from "../test/fault-proxy.ts";
import { openServer } from "../test/open-server.ts";
import { toNetascii } from "./block-source.ts";
import { netasciiDecoder } from "./upload.ts";

const run = promisify(execFile);
const isComplete = process.env["CI"] === "true";
const lacks = (program: string): boolean => !isComplete && !existsSync(program);

/** A directory of the client's. */
async function openDirectory() {
  const path = await mkdtemp(join(tmpdir(), "jumpstarter-tftp-client-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}

describe("text on its way to a server", () => {
  it("is what it was, wherever the blocks end", () => {
    const text = fc.array(fc.constantFrom(0, 10, 13, 65), { maxLength: 60 }).map((codes) => Uint8Array.from(codes));
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 7 }), (given, blockBytes) => {
        const sent = toNetascii(given);
        const decode = netasciiDecoder();
        const blocks = Array.from({ length: Math.ceil(sent.length / blockBytes) }, (_, index) =>
          decode(sent.subarray(index * blockBytes, (index + 1) * blockBytes)),
        );
        expect(Buffer.concat(blocks)).toEqual(Buffer.from(given));
      }),
    );
  });
});

describe.skipIf(lacks("/usr/bin/atftp") || lacks("/usr/bin/tftp"))("files that devices write", () => {
  const image = randomBytes(700_001);

  it("are taken from atftp and tftp-hpa, whole or not at all", async () => {
    await using opened = await openServer({ isWritable: true, timeoutMs: 1_000 });
    await using client = await openDirectory();
    const from = join(client.path, "from");
    await writeFile(from, image);
    const port = String(opened.server.port);
    await mkdir(join(opened.root, "logs"));

    for (const option of ["blksize 512", "blksize 1468", "windowsize 8", "tsize"]) {
      await run("atftp", ["--option", option, "-p", "-l", from, "-r", "logs/dump", "127.0.0.1", port]);
      expect(image.equals(await readFile(join(opened.root, "logs/dump")))).toBe(true);
      await rm(join(opened.root, "logs/dump"));
    }
    await run("tftp", ["-m", "binary", "127.0.0.1", port, "-c", "put", from, "dump"]);
    expect(image.equals(await readFile(join(opened.root, "dump")))).toBe(true);
    await writeFile(from, "one\r\ntwo\r");
    await run("tftp", ["-m", "ascii", "127.0.0.1", port, "-c", "put", from, "text"]);
    expect(await readFile(join(opened.root, "text"), "utf8")).toBe("one\r\ntwo\r");
    expect((await readdir(opened.root)).toSorted()).toEqual(["dump", "logs", "text"]);
  });

  it.each(["blksize 512", "windowsize 8"])(
    "arrive whole with %s, though packets are lost and doubled",
    async (option) => {
      await using opened = await openServer({ isWritable: true, timeoutMs: 200 });
      await using client = await openDirectory();
      const from = join(client.path, "from");
      await writeFile(from, image.subarray(0, 50_001));
      const counts = { "to-server": 0, "to-client": 0 };
      const fates: Readonly<Record<string, Fate>> = {
        "to-server 0": "double",
        "to-server 5": "double",
        "to-server 9": "lose",
        "to-client 0": "double",
        "to-client 3": "lose",
        "to-client 6": "double",
      };
      await using proxy = await openFaultProxy(
        opened.server.port,
        (direction) => fates[`${direction} ${counts[direction]++}`] ?? "pass",
      );

      const asked = ["--option", "timeout 1", "--option", option];
      await run("atftp", [...asked, "-p", "-l", from, "-r", "dump", "127.0.0.1", String(proxy.port)]);

      expect(image.subarray(0, 50_001).equals(await readFile(join(opened.root, "dump")))).toBe(true);
    },
  );

  it("are refused where the server only gives files, outside its root, and beyond their limit", async () => {
    await using client = await openDirectory();
    const from = join(client.path, "from");
    await writeFile(from, image);
    const put = async (port: number, name: string): Promise<string> =>
      (await run("tftp", ["-m", "binary", "127.0.0.1", String(port), "-c", "put", from, name])).stdout;
    {
      await using opened = await openServer();
      expect(await put(opened.server.port, "dump")).toContain("Error code 2: this server only gives files");
    }
    await using opened = await openServer({ isWritable: true, maxUploadBytes: 600_000, timeoutMs: 1_000 });
    await symlink(client.path, join(opened.root, "out"));
    expect(await put(opened.server.port, "dump")).toContain("Error code 3: the file is longer than 600000 bytes");
    expect(await put(opened.server.port, "../dump")).toContain("Error code 2");
    expect(await put(opened.server.port, "out/dump")).toContain("Error code 2: out/dump leads out");
    expect(await put(opened.server.port, "absent/dump")).toContain("Error code 1");
    expect(await readdir(opened.root)).toEqual(["out"]);
    expect(await readdir(client.path)).toEqual(["from"]);
  });
});
