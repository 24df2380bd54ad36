import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { createStreamPair, JumpstarterError, serve } from "@jumpstarter-ts/core";
import { network } from "@jumpstarter-ts/driver-network";
import { serveDriver } from "@jumpstarter-ts/testkit";
import { describe, expect, it } from "vitest";

import { tmt } from "./client.ts";
import { withGuest } from "./provision.ts";

/** Says its arguments and what the guest says. */
const standIn = `#!${process.execPath}
const args = process.argv.slice(2);
const port = Number(args[args.indexOf("-P") + 1]);
const socket = require("net").connect(port, args[args.indexOf("-g") + 1]);
socket.on("error", () => console.log(JSON.stringify({ args })));
socket.once("data", (data) => { console.log(JSON.stringify({ args, guest: String(data) })); socket.destroy(); process.exitCode = 2; });
`;

async function openTmt({ address = "", login = ["root", "secret"] as const, rebootCommand = "" } = {}) {
  const directory = await mkdtemp(join(tmpdir(), "jumpstarter-tmt-"));
  const program = join(directory, "tmt.cjs");
  await writeFile(program, standIn);
  await chmod(program, 0o755);
  const served = await serveDriver(
    serve(tmt, { get_reboot_cmd: () => rebootCommand, get_default_user_pass: () => [...login] }),
    {
      definition: tmt,
      children: {
        ssh: serve(network, {
          connect() {
            const { near, far } = createStreamPair();
            far.write("SSH-2.0");
            return near;
          },
          address() {
            if (address !== "") return address;
            throw new JumpstarterError("not told", { code: "invalid-argument", reason: "NETWORK_NO_ADDRESS" });
          },
        }),
      },
    },
  );
  return {
    client: served.client,
    program,
    async [Symbol.asyncDispose]() {
      await served[Symbol.asyncDispose]();
      await rm(directory, { recursive: true });
    },
  };
}

describe("the tmt client", () => {
  it("runs this machine's tmt with the device as its guest, through the exporter", async () => {
    await using served = await openTmt({ rebootCommand: "j power cycle" });
    const { program } = served;

    const { exitCode, stdout } = await served.client.run(["run", "-a", "plan", "--name", "smoke"], { program });

    const { args, guest } = JSON.parse(stdout) as { args: string[]; guest: string };
    expect(guest).toBe("SSH-2.0");
    expect(exitCode).toBe(2);
    const port = args[args.indexOf("-P") + 1];
    expect(args.join(" ")).toBe(
      `run -a plan --name smoke provision -h connect -g 127.0.0.1 -P ${port} -u root -p secret --feeling-safe --hard-reboot j power cycle`,
    );
  });

  it("connects to the device itself where the lab tells its address, unless told otherwise", async () => {
    await using served = await openTmt({ address: "tcp://127.0.0.1:1" });
    const { program } = served;
    const direct = await served.client.run(["run", "provision"], { program, username: "me" });
    const forwarded = await served.client.run(["run", "provision"], { program, isForwarded: true });
    expect(direct.stdout).toContain('"-g","127.0.0.1","-P","1","-u","me","-p","secret"');
    expect(forwarded.stdout).toContain("SSH-2.0");
  });

  it("tells what the lab says of the device", async () => {
    await using served = await openTmt({ rebootCommand: "j power cycle" });
    await expect(served.client.rebootCommand()).resolves.toBe("j power cycle");
    await expect(served.client.defaultLogin()).resolves.toEqual({ username: "root", password: "secret" });
  });
});

describe("a command line of tmt", () => {
  const guest = { host: "h", port: 22, username: "", password: "", rebootCommand: "" };

  it("has the guest in the place of the one that it names", () => {
    const args = "-c arch=aarch64 run -vv provision -h virtual --image x plan -vv".split(" ");
    expect(withGuest(args, guest).join(" ")).toBe("-c arch=aarch64 run -vv provision -h connect -g h -P 22 plan -vv");
  });

  it("stays as it is when it runs nothing", () => {
    expect(withGuest(["plans", "ls"], guest)).toEqual(["plans", "ls"]);
  });
});
