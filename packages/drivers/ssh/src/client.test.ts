import { once } from "node:events";
import { createServer } from "node:net";
import { inspect } from "node:util";

import { createStreamPair, isJumpstarterError, JumpstarterError, serve } from "@jumpstarter-ts/core";
import { network } from "@jumpstarter-ts/driver-network";
import { serveDriver } from "@jumpstarter-ts/testkit";
import { describe, expect, it } from "vitest";

import { ssh } from "./client.ts";

/**
 * A program in the place of ssh: says its arguments and what it sees of the connection, echoes its input, and ends with
 * the code that the device sent.
 */
const standIn = `
  const args = process.argv.slice(1);
  const key = args.includes("-i") ? require("fs").readFileSync(args[args.indexOf("-i") + 1], "utf8") : "";
  const port = args.includes("-p") ? Number(args[args.indexOf("-p") + 1]) : 0;
  const socket = require("net").connect(port, args.find((each) => each === "127.0.0.1"));
  let input = "";
  process.stdin.on("data", (chunk) => (input += chunk)).on("end", () => socket.end("hello device"));
  let device = "";
  socket.on("data", (chunk) => (device += chunk)).on("end", () => {
    console.error("careful");
    console.log(JSON.stringify({ args, key, device, input }));
    process.exitCode = 3;
  });`;
const sshCommand = [process.execPath, "-e", standIn, "--"] as const;

interface Seen {
  readonly args: readonly string[];
  readonly key: string;
  readonly device: string;
  readonly input: string;
}

function seen(stdout: string): Seen {
  // What standIn prints.
  return JSON.parse(stdout) as Seen;
}

async function openSsh({ identity = null as string | null, command = "ssh", address = "", refusal = "" } = {}) {
  const heard: string[] = [];
  const served = await serveDriver(
    serve(ssh, {
      get_default_username: () => "root",
      get_ssh_command: () => command,
      get_ssh_identity: () => identity,
    }),
    {
      definition: ssh,
      children: {
        tcp: serve(network, {
          connect() {
            if (refusal !== "") throw new JumpstarterError(refusal, { code: "unavailable", reason: "NETWORK_REFUSED" });
            const { near, far } = createStreamPair();
            far.on("data", (chunk: Buffer) => heard.push(chunk.toString())).once("end", () => far.end("OpenSSH"));
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
  return { ...served, heard };
}

describe("the ssh client", () => {
  it("runs this machine's ssh through the exporter, as the lab's user and with the lab's key", async () => {
    await using served = await openSsh({ identity: "KEY" });

    const { exitCode, stdout, stderr } = await served.client.run(["ls", "-l", "a b'c"], { sshCommand, input: "in" });

    const { args, key, device, input } = seen(stdout);
    expect(args.filter((_each, index) => index !== 1 && index !== 3)).toEqual([
      "-i",
      "-p",
      "-l",
      "root",
      "127.0.0.1",
      "ls -l 'a b'\\''c'",
    ]);
    expect({ key, device, input, exitCode, stderr }).toEqual({
      key: "KEY\n",
      device: "OpenSSH",
      input: "in",
      exitCode: 3,
      stderr: "careful\n",
    });
    expect(served.heard.join("")).toBe("hello device");
  });

  it("leaves a text to the device's shell and takes another user", async () => {
    await using served = await openSsh();
    const { stdout } = await served.client.run("echo $HOME | wc", {
      sshCommand,
      input: "",
      sshOptions: ["-l", "tester"],
    });
    const { args } = seen(stdout);
    expect([args[0], ...args.slice(2)]).toEqual(["-p", "-l", "tester", "127.0.0.1", "echo $HOME | wc"]);
  });

  it("connects to the device itself when asked to, and through the exporter where the lab gives no address", async () => {
    const device = createServer({ allowHalfOpen: true }, (socket) =>
      socket.resume().once("end", () => socket.end("direct")),
    );
    await once(device.listen(0, "127.0.0.1"), "listening");
    try {
      const listening = device.address();
      const port = typeof listening === "object" && listening !== null ? listening.port : 0;
      await using told = await openSsh({ address: `tcp://127.0.0.1:${port}` });
      await using silent = await openSsh();
      const options = { sshCommand, input: "", isDirect: true };

      expect(seen((await told.client.run("true", options)).stdout).device).toBe("direct");
      expect(seen((await silent.client.run("true", options)).stdout).device).toBe("OpenSSH");
    } finally {
      device.close();
    }
  });

  it.each(["tcp://-oProxyCommand=id:22", "tcp://[-oProxyCommand=sh -c x]:22", "tcp://a b:22"])(
    "goes through the exporter where the lab tells %j for an address, which ssh could take for an option",
    async (address) => {
      await using lab = await openSsh({ address });
      const { args, device } = seen((await lab.client.run("true", { sshCommand, input: "", isDirect: true })).stdout);
      expect([device, args.at(-2)]).toEqual(["OpenSSH", "127.0.0.1"]);
    },
  );

  it("leaves a command that begins with a dash to the device", async () => {
    await using lab = await openSsh();
    const { args } = seen((await lab.client.run("-oProxyCommand=x", { sshCommand, input: "" })).stdout);
    expect(args.slice(-3)).toEqual(["--", "127.0.0.1", "-oProxyCommand=x"]);
  });

  it("shows no word of the command line when the program cannot be started", async () => {
    await using lab = await openSsh();
    const errors = await Promise.all(
      [
        lab.client.run("SECRET", { sshCommand: ["no-such-ssh"] }),
        lab.client.run(`SECRET ${"x".repeat(3_000_000)}`, { sshCommand: [process.execPath] }),
        lab.client.run("SECRET \0", { sshCommand: [process.execPath] }),
      ].map((running) => running.catch((error: unknown) => error)),
    );
    expect(
      errors.map((error) => [isJumpstarterError(error) && error.reason, inspect(error).includes("SECRET")]),
    ).toEqual([
      ["COMMAND_NOT_FOUND", false],
      ["COMMAND_ARGUMENTS", false],
      ["COMMAND_ARGUMENTS", false],
    ]);
  });

  it("says beside ssh's own words why the exporter cannot reach the device", async () => {
    await using lab = await openSsh({ refusal: "192.0.2.7 port 22 refuses connections" });
    const broken = `
      const socket = require("net").connect(Number(process.argv[process.argv.indexOf("-p") + 1]), "127.0.0.1");
      socket.on("error", () => undefined).on("close", () => { console.error("closed"); process.exitCode = 255; }).resume();`;
    let told = "";

    const { exitCode, stderr } = await lab.client.run("true", {
      sshCommand: [process.execPath, "-e", broken, "--"],
      onOutput: (output) => (told += output.stderr),
    });

    expect(exitCode).toBe(255);
    expect(stderr).toMatch(/^closed\n.*192\.0\.2\.7 port 22 refuses connections\n$/);
    expect(told).toBe(stderr);
  });

  it("tells what is said while it is said", async () => {
    await using served = await openSsh();
    let stderr = "";
    await served.client.run("true", { sshCommand, input: "", onOutput: (output) => (stderr += output.stderr) });
    expect(stderr).toBe("careful\n");
  });

  it("ends the program when the time is over", async () => {
    await using served = await openSsh();
    const forever = [process.execPath, "-e", "setInterval(() => undefined, 1000)", "--"] as const;
    await expect(served.client.run("x", { sshCommand: forever, timeoutMs: 300 })).rejects.toMatchObject({
      code: "deadline-exceeded",
    });
  });

  it("says when ssh is not installed", async () => {
    await using served = await openSsh();
    await expect(served.client.run("x", { sshCommand: ["no-such-ssh"] })).rejects.toMatchObject({
      reason: "COMMAND_NOT_FOUND",
    });
  });

  it("does not run just anything that an exporter names", async () => {
    await using served = await openSsh({ command: "ssh -o ProxyCommand='rm -rf /'" });
    await expect(served.client.run("x")).rejects.toMatchObject({ reason: "SSH_COMMAND_REFUSED" });
  });

  it("gives what the lab says", async () => {
    await using served = await openSsh({ identity: null });
    await expect(served.client.identity()).resolves.toBeUndefined();
    await expect(served.client.username()).resolves.toBe("root");
    await expect(served.client.command()).resolves.toBe("ssh");
  });
});
