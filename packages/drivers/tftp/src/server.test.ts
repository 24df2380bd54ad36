import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

import { bytes, type ResourceSource } from "@jumpstarter-ts/core";
import { serveDriver } from "@jumpstarter-ts/testkit";
import { describe, expect, it } from "vitest";

import { tftpRead } from "../test/tftp-client.ts";
import { tftp, type TftpClient } from "./client.ts";
import { tftpServer } from "./server.ts";

const run = promisify(execFile);
const isComplete = process.env["CI"] === "true";
const lacks = (program: string): boolean => !isComplete && !existsSync(program);

async function openServer(options: Readonly<Record<string, unknown>> = {}) {
  const directory = await mkdtemp(join(tmpdir(), "jumpstarter-tftp-"));
  const root = join(directory, "tftpboot");
  const served = await serveDriver(tftpServer, {
    definition: tftp,
    options: { root_dir: root, host: "127.0.0.1", port: 0, ...options },
  });
  return {
    client: served.client,
    directory,
    root,
    async [Symbol.asyncDispose]() {
      await served[Symbol.asyncDispose]();
      await rm(directory, { recursive: true });
    },
  };
}

// #region serve
async function serveKernel(
  board: { readonly tftp: TftpClient },
  kernel: ResourceSource,
  atPrompt: (command: string) => Promise<void>,
): Promise<void> {
  await board.tftp.putFile("boot/Image", kernel);
  await using server = await board.tftp.serve();
  await atPrompt(`setenv serverip ${server.host}`);
  await atPrompt("tftpboot ${kernel_addr_r} boot/Image");
}
// #endregion serve

describe("the tftp server", () => {
  it("serves what clients put there, and removes it when the session ends", async () => {
    const kernel = randomBytes(100_000);
    let root: string;
    {
      await using opened = await openServer();
      ({ root } = opened);
      const said: string[] = [];

      await serveKernel({ tftp: opened.client }, kernel, async (command) => {
        said.push(command);
        if (!command.startsWith("tftpboot")) return;
        const { data, confirmed } = await tftpRead({ port: await opened.client.port(), name: "boot/Image" });
        expect(kernel.equals(data)).toBe(true);
        expect(confirmed).toEqual({});
      });

      expect(said).toEqual(["setenv serverip 127.0.0.1", "tftpboot ${kernel_addr_r} boot/Image"]);
    }
    expect(existsSync(join(root, "boot/Image"))).toBe(false);
  });

  it("tells where it is, and gives the port back when it stops", async () => {
    await using opened = await openServer();
    await opened.client.start();
    await opened.client.start();
    const port = await opened.client.port();
    expect(await opened.client.host()).toBe("127.0.0.1");

    await opened.client.stop();
    await opened.client.stop();

    const free = createSocket("udp4").bind(port, "127.0.0.1");
    await once(free, "listening");
    free.close();
  });

  it("agrees on blksize, windowsize, timeout and tsize, within its limits, and leaves out what it does not know", async () => {
    await using opened = await openServer();
    await opened.client.putFile("Image", randomBytes(300_000));
    await using server = await opened.client.serve();
    const agreed = async (options: Record<string, number | string>) =>
      (await tftpRead({ port: server.port, name: "Image", options })).confirmed;

    expect(await agreed({ blksize: 1468, windowsize: 16, timeout: 2, tsize: 0, multicast: "" })).toEqual({
      blksize: "1468",
      windowsize: "16",
      timeout: "2",
      tsize: "300000",
    });
    expect(await agreed({ BLKSIZE: 65_535, windowsize: 1_000 })).toEqual({ blksize: "65464", windowsize: "2" });
    expect(await agreed({ blksize: 7, windowsize: 0, timeout: 256 })).toEqual({});
    expect(await agreed({ blksize: "many", timeout: "-1", tsize: 0 })).toEqual({ tsize: "300000" });
    expect(await agreed({ timeout: 1 })).toEqual({ timeout: "1" });
  });

  it.each([0, 1, 511, 512, 513, 1024, 65_536, 70_000])("sends a file of %i bytes to its last block", async (size) => {
    await using opened = await openServer();
    const image = randomBytes(size);
    await opened.client.putFile("Image", image);
    await using server = await opened.client.serve();
    const wishes: Record<string, number>[] = [
      {},
      { blksize: 512, windowsize: 4 },
      { blksize: 1024, windowsize: 3 },
      { blksize: 65_464 },
    ];
    for (const options of wishes) {
      const { data } = await tftpRead({ port: server.port, name: "Image", options });
      expect(image.equals(data)).toBe(true);
    }
  });

  it("begins to count anew after block 65535", async () => {
    await using opened = await openServer();
    const image = randomBytes(8 * 140_000 + 3);
    await opened.client.putFile("Image", image);
    await using server = await opened.client.serve();

    const { data } = await tftpRead({ port: server.port, name: "Image", options: { blksize: 8, windowsize: 64 } });

    expect(image.equals(data)).toBe(true);
  });

  it("sends text with the line ends of the network when it is asked to", async () => {
    await using opened = await openServer();
    const text = `${"line\n".repeat(30_000)}\r\r\nend`;
    await opened.client.putFile("uEnv.txt", bytes(text));
    await using server = await opened.client.serve();
    const wishes: Record<string, number>[] = [{}, { blksize: 1000, windowsize: 7, tsize: 0 }];
    for (const options of wishes) {
      const { data, confirmed } = await tftpRead({ port: server.port, name: "uEnv.txt", mode: "NetASCII", options });
      expect(data.toString()).toBe(text.replace(/\r|\n/g, (end) => (end === "\n" ? "\r\n" : "\r\0")));
      expect(confirmed).not.toHaveProperty("tsize");
    }
  });

  it("gives nothing from outside its root, however it is asked", async () => {
    await using opened = await openServer();
    await using server = await opened.client.serve();
    await writeFile(join(opened.directory, "secret"), "secret");
    await mkdir(join(opened.root, "inside"));
    await writeFile(join(opened.root, "inside/file"), "inside");
    await symlink(join(opened.directory, "secret"), join(opened.root, "file-link"));
    await symlink(opened.directory, join(opened.root, "directory-link"));
    await symlink("inside/file", join(opened.root, "inner-link"));
    const ask = async (name: string, mode = "octet") =>
      tftpRead({ port: server.port, name, mode }).then(
        ({ data }) => data.toString(),
        ({ code }: { code: number }) => code,
      );

    expect(await ask("inside/file")).toBe("inside");
    expect(await ask("inner-link")).toBe("inside");
    expect(await ask("absent")).toBe(1);
    expect(await ask("inside/file/below")).toBe(1);
    const refused = ["../secret", "inside/../../secret", join(opened.directory, "secret"), "file-link"];
    for (const name of [
      ...refused,
      "directory-link/secret",
      "inside",
      "inside/",
      "",
      "a".repeat(256),
      "a|b",
      "a\u0007",
    ]) {
      expect([name, await ask(name)]).toEqual([name, 2]);
    }
    expect(await ask("inside/file", "mail")).toBe(4);
  });

  it("says who has the port, and whether it is an address of this machine", async () => {
    const other = createSocket("udp4").bind(0, "127.0.0.1");
    await once(other, "listening");
    try {
      await using taken = await openServer({ port: other.address().port });
      await expect(taken.client.start()).rejects.toMatchObject({ reason: "TFTP_PORT_TAKEN", code: "unavailable" });
    } finally {
      other.close();
    }
    await using elsewhere = await openServer({ host: "192.0.2.77" });
    await expect(elsewhere.client.start()).rejects.toMatchObject({ reason: "TFTP_HOST_UNKNOWN" });
  });

  it.skipIf(lacks("/usr/bin/tftp"))(
    "takes what a device writes where it may, and removes it when the session ends",
    async () => {
      let root: string;
      {
        await using opened = await openServer({ writable: true });
        ({ root } = opened);
        await using server = await opened.client.serve();
        const from = join(opened.directory, "from");
        await writeFile(from, "captured");

        await run("tftp", ["-m", "binary", "127.0.0.1", String(server.port), "-c", "put", from, "log.txt"]);

        expect(Buffer.from(await opened.client.storage.readBytes("log.txt")).toString()).toBe("captured");
        expect(await opened.client.storage.getCreatedResources()).toEqual(["log.txt"]);
      }
      expect(existsSync(join(root, "log.txt"))).toBe(false);
    },
  );

  it("takes a name for its address", async () => {
    await using opened = await openServer({ host: "localhost" });
    await using server = await opened.client.serve();
    expect(server.host).toBe("localhost");
  });
});

describe("the tftp server and the clients that people use", () => {
  const image = randomBytes(3_000_001);

  it.skipIf(lacks("/usr/bin/tftp"))("is read by tftp-hpa, in both modes", async () => {
    await using opened = await openServer();
    await opened.client.putFile("Image", image);
    await opened.client.putFile("text", bytes("one\ntwo\n"));
    await using server = await opened.client.serve();
    const address = ["127.0.0.1", String(server.port)];
    const to = join(opened.directory, "to");

    await run("tftp", ["-m", "binary", ...address, "-c", "get", "Image", to]);
    expect(image.equals(await readFile(to))).toBe(true);

    await run("tftp", ["-m", "ascii", ...address, "-c", "get", "text", to]);
    expect(await readFile(to, "utf8")).toBe("one\ntwo\n");

    const { stdout } = await run("tftp", ["-m", "binary", ...address, "-c", "get", "absent", to]);
    expect(stdout).toContain("Error code 1: absent was not found");
  });

  it.skipIf(lacks("/usr/bin/atftp"))("is read by atftp, with every option", async () => {
    await using opened = await openServer();
    await opened.client.putFile("Image", image);
    await using server = await opened.client.serve();
    const to = join(opened.directory, "to");
    for (const options of [[], ["blksize 1468", "windowsize 16", "tsize", "timeout 3"], ["blksize 65464"]]) {
      const asked = options.flatMap((option) => ["--option", option]);
      await run("atftp", [
        ...asked,
        "--get",
        "--remote-file",
        "Image",
        "--local-file",
        to,
        "127.0.0.1",
        `${server.port}`,
      ]);
      expect(image.equals(await readFile(to))).toBe(true);
      await rm(to);
    }
  });

  it.skipIf(lacks("/usr/bin/curl"))("is read by curl", async () => {
    await using opened = await openServer();
    await opened.client.putFile("boot/Image", image);
    await using server = await opened.client.serve();
    const to = join(opened.directory, "to");

    await run("curl", [
      "--silent",
      "--tftp-blksize",
      "4096",
      "--output",
      to,
      `tftp://127.0.0.1:${server.port}/boot/Image`,
    ]);

    expect(image.equals(await readFile(to))).toBe(true);
    await expect(run("curl", ["--silent", `tftp://127.0.0.1:${server.port}/absent`])).rejects.toMatchObject({
      code: 68,
    });
  });
});
