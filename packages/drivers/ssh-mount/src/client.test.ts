import { existsSync } from "node:fs";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

import { createStreamPair, serve } from "@jumpstarter-ts/core";
import { network } from "@jumpstarter-ts/driver-network";
import { ssh } from "@jumpstarter-ts/driver-ssh";
import { serveDriver } from "@jumpstarter-ts/testkit";
import { describe, expect, it, onTestFinished } from "vitest";

import { sshMount } from "./client.ts";
import { sshfsArguments } from "./sshfs.ts";

/** An sshfs that notes its arguments and the key, and fails as the real one does where nobody else may look. */
const standIn = `#!${process.execPath}
const fs = require("fs");
const args = process.argv.slice(2);
const key = args.find((each) => each.startsWith("IdentityFile="))?.slice("IdentityFile=".length);
fs.appendFileSync(__dirname + "/log", JSON.stringify({ args, key: key && fs.readFileSync(key, "utf8") }) + "\\n");
console.error(args.includes("allow_other") ? "fusermount3: option allow_other only allowed if ..." : "read: Connection reset");
process.exitCode = 1;
`;

async function openMount({ identity = null }: { readonly identity?: string | null } = {}) {
  const directory = await mkdtemp(join(tmpdir(), "jumpstarter-ssh-mount-test-"));
  await writeFile(join(directory, "sshfs"), standIn);
  await chmod(join(directory, "sshfs"), 0o755);
  const before = process.env["PATH"];
  process.env["PATH"] = `${directory}${delimiter}${before}`;
  onTestFinished(() => void (process.env["PATH"] = before));
  const tcp = serve(network, { connect: () => createStreamPair().near, address: () => "tcp://192.0.2.7:22" });
  const served = await serveDriver(serve(sshMount, {}), {
    definition: sshMount,
    children: {
      ssh: serve(
        ssh,
        { get_default_username: () => "root", get_ssh_command: () => "ssh", get_ssh_identity: () => identity },
        { children: { tcp } },
      ),
    },
  });
  return {
    client: served.client,
    mountpoint: join(directory, "mnt"),
    async ran(): Promise<readonly { readonly args: readonly string[]; readonly key?: string }[]> {
      const log = await readFile(join(directory, "log"), "utf8");
      // What standIn writes.
      return log
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as { args: string[]; key?: string });
    },
    async [Symbol.asyncDispose]() {
      await served[Symbol.asyncDispose]();
      await rm(directory, { recursive: true });
    },
  };
}

describe("mounting a device's files", () => {
  it("gives sshfs the lab's user and key, and says why it did not work", async () => {
    await using served = await openMount({ identity: "KEY" });

    const mounting = served.client.mount(served.mountpoint, { remotePath: "/etc", isDirect: true });

    await expect(mounting).rejects.toThrow(/sshfs ended with 1 and does not hold .*mnt: read: Connection reset/);
    const [{ args, key } = { args: [], key: undefined }] = await served.ran();
    expect(args.slice(0, 2)).toEqual(["root@192.0.2.7:/etc", served.mountpoint]);
    expect(key).toBe("KEY\n");
    const keyFile = args.find((each) => each.startsWith("IdentityFile="))?.slice("IdentityFile=".length) ?? "";
    expect([keyFile !== "", existsSync(keyFile)]).toEqual([true, false]);
  });

  it("does without other users where they may not be let in", async () => {
    await using served = await openMount();
    const options = { sshfsOptions: ["reconnect", "allow_other"] };
    await expect(served.client.mount(served.mountpoint, options)).rejects.toThrow("Connection reset");
    const ran = await served.ran();
    expect(ran.map(({ args }) => args.includes("allow_other"))).toEqual([true, false]);
    expect(ran.every(({ args }) => args.includes("reconnect"))).toBe(true);
  });

  it("unmounts what was left behind, or says why not", async () => {
    await using served = await openMount();
    await expect(served.client.unmount(tmpdir())).rejects.toMatchObject({ reason: "UNMOUNT_FAILED" });
  });
});

describe("the arguments of sshfs", () => {
  it("name the device, the port and all options", () => {
    const args = sshfsArguments({
      host: "::1",
      port: 2222,
      username: "",
      remotePath: "/",
      mountpoint: "/mnt",
      identityFile: "/key",
      options: ["reconnect"],
    });
    expect(args.join(" ")).toBe(
      "[::1]:/ /mnt -p 2222 -o reconnect -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR -o IdentityFile=/key -f",
    );
  });
});
