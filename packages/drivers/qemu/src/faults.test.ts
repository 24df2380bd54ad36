import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { chmod, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { clock } from "@jumpstarter-ts/core";
import { describe, expect, it } from "vitest";

import { goneWith, processesWith, processWith } from "../test/processes.ts";
import { bootToPrompt, isMissing, openBoard, patience, run } from "../test/u-boot.ts";

describe.skipIf(isMissing)("a virtual machine that fails", () => {
  it("names the package of an emulator that is not installed", async () => {
    await using bench = await openBoard({ arch: "riscv64", cpu: "rv64", emulator: "qemu-system-absent" });
    await expect(bench.client.power.on()).rejects.toMatchObject({
      code: "failed-precondition",
      reason: "QEMU_MISSING",
      message: expect.stringMatching(/"apt-get install qemu-system-misc".* or correct emulator in the configuration/),
    });
  });

  it("passes on what QEMU says when it does not start, and can be tried again", async () => {
    await using bench = await openBoard({ cpu: "no-such-processor" });
    const failure = { reason: "QEMU_START_FAILED", message: expect.stringContaining("no-such-processor") };
    await expect(bench.client.power.on()).rejects.toMatchObject(failure);
    await expect(bench.client.power.on()).rejects.toMatchObject(failure);
    await bench.client.power.off();
  });

  it("names the file that the configuration has and the disk has not", async () => {
    await using bench = await openBoard({ default_partitions: { root: "no-such-disk.img" } });
    await expect(bench.client.power.on()).rejects.toMatchObject({
      reason: "QEMU_FILE_MISSING",
      message: expect.stringContaining("no-such-disk.img"),
    });
  });

  it("names the forward whose port is taken", async () => {
    await using taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    const address = taken.address();
    const hostport = typeof address === "object" && address !== null ? address.port : 0;
    await using bench = await openBoard({ hostfwd: { web: { hostport, guestport: 80 } } });

    await expect(bench.client.power.on()).rejects.toMatchObject({
      reason: "QEMU_PORT_TAKEN",
      message: expect.stringContaining(`the port ${hostport} on 127.0.0.1, which hostfwd.web wants`),
    });
  });

  it("says how a size is written where it is only a number", async () => {
    await expect(openBoard({ mem: 512 })).rejects.toThrow(/mem is 512: .*write "512M"/);
  });

  it("warns of a machine that has nothing to run", async () => {
    const said: string[] = [];
    const log = ({ message }: { readonly message: string }): void => void said.push(message);
    {
      await using bench = await openBoard({ default_partitions: {} }, { log });
      await bench.client.power.on();
      expect(said).toContainEqual(
        expect.stringContaining("the machine has no firmware and no kernel, so nothing runs"),
      );
    }
    said.length = 0;
    await using bench = await openBoard({}, { log });
    await bench.client.power.on();
    expect(said).not.toContainEqual(expect.stringContaining("nothing runs"));
  });

  it("says of an address to forward from what is wrong with it", async () => {
    const of = (hostaddr: string) => openBoard({ hostfwd: { web: { hostaddr, hostport: 8_080, guestport: 80 } } });
    // Of the addresses that are for documentation only.
    await using bench = await of("192.0.2.1");
    await expect(bench.client.power.on()).rejects.toMatchObject({
      code: "failed-precondition",
      reason: "QEMU_FORWARD_FAILED",
      message: expect.stringContaining(
        "192.0.2.1, the hostaddr of hostfwd.web, is no address of the exporter's machine",
      ),
    });
    for (const hostaddr of ["localhost", "::1", "127.0.0.1,restrict=on"]) {
      await expect(of(hostaddr)).rejects.toThrow("no IPv4 address");
    }
  });

  it("gives an emulator up that does not answer, and leaves none behind", async () => {
    const directory = await mkdtemp(join(tmpdir(), "qemu-test-"));
    const emulator = join(directory, "qemu-system-asleep");
    await writeFile(emulator, "#!/bin/bash\nexec -a qemu-system-asleep sleep 1000\n");
    await chmod(emulator, 0o755);
    try {
      await using bench = await openBoard({ emulator, start_timeout: 0.3 });
      await expect(bench.client.power.on()).rejects.toMatchObject({ code: "deadline-exceeded", reason: "QEMU_HUNG" });
      expect(await processesWith("qemu-system-asleep")).toEqual([]);
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  it("stops what it was starting when its caller leaves", async () => {
    const directory = await mkdtemp(join(tmpdir(), "qemu-test-"));
    const emulator = join(directory, "qemu-system-late");
    await writeFile(emulator, "#!/bin/bash\nexec -a qemu-system-late sleep 1000\n");
    await chmod(emulator, 0o755);
    try {
      await using bench = await openBoard({ emulator }, { baseDirectory: directory });
      const leave = new AbortController();
      const starting = bench.client.power.on({ signal: leave.signal });
      starting.catch(() => undefined);
      await expect.poll(() => processesWith("qemu-system-late"), { timeout: 10_000 }).toHaveLength(1);
      leave.abort();

      await expect(starting).rejects.toMatchObject({ code: "cancelled" });
      await goneWith("qemu-system-late");
      await expect(bench.client.qmp("query-status")).rejects.toMatchObject({ reason: "QEMU_OFF" });
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  it("ends a machine that does not go on, so that it is not taken for one that is on", async () => {
    const directory = await mkdtemp(join(tmpdir(), "qemu-test-"));
    const emulator = join(directory, "qemu-system-mute");
    // It answers its greeting's command, and then no other.
    const script = `echo '{"QMP":{}}' >&3; read -r _ <&3; echo '{"return":{},"id":"1"}' >&3; exec sleep 1000`;
    await writeFile(emulator, `#!/bin/bash\n${script}\n`);
    await chmod(emulator, 0o755);
    try {
      await using bench = await openBoard({ emulator });
      const starting = bench.client.power.on({ signal: AbortSignal.timeout(1_000) });

      await expect(starting).rejects.toMatchObject({ code: "cancelled" });

      await expect(bench.client.qmp("query-status")).rejects.toMatchObject({ reason: "QEMU_OFF" });
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  it("says on the console of a machine that crashes why it ends, and starts again", async () => {
    const name = randomUUID();
    await using bench = await openBoard({ args: ["-name", name] });
    const { client } = bench;
    await client.console.close();
    const stream = await client.console.open();
    await client.power.on();
    process.kill(await processWith(name), "SIGKILL");

    const [failure] = await once(stream.resume(), "error");
    expect(failure).toMatchObject({ code: "unavailable", message: expect.stringContaining("ended with SIGKILL") });
    const said = { reason: "QEMU_CRASHED", message: expect.stringContaining("ended with SIGKILL") };
    await expect(client.qmp("query-status")).rejects.toMatchObject(said);
    await expect(client.console.open()).rejects.toMatchObject(said);
    await client.power.off();
    await client.power.on();

    await expect(client.qmp("query-status")).resolves.toMatchObject({ running: true });
  });

  it("forgets a crash when it is switched off: a console that opens then hears the next boot", async () => {
    const name = randomUUID();
    await using bench = await openBoard({ args: ["-name", name] });
    const { client } = bench;
    await client.console.close();
    await client.power.on();
    process.kill(await processWith(name), "SIGKILL");
    await expect
      .poll(() => client.qmp("query-status").catch((error: unknown) => error))
      .toMatchObject({
        reason: "QEMU_CRASHED",
      });
    await client.power.off();

    const stream = await client.console.open();
    await client.power.on();

    const [heard] = await once(stream, "data", patience());
    expect(String(heard)).not.toBe("");
  });

  it("takes a machine that somebody else ends for one that has crashed", async () => {
    const name = randomUUID();
    await using bench = await openBoard({ args: ["-name", name] });
    await bench.client.power.on();
    process.kill(await processWith(name), "SIGTERM");
    await expect
      .poll(() => bench.client.qmp("query-status").catch((error: unknown) => error))
      .toMatchObject({
        reason: "QEMU_CRASHED",
        message: expect.stringContaining("terminating on signal 15"),
      });
  });

  it("records the next boot after a crash", async () => {
    const name = randomUUID();
    await using bench = await openBoard({ args: ["-name", name] });
    await bootToPrompt(bench.client);
    process.kill(await processWith(name), "SIGKILL");
    await expect(bench.client.console.waitFor("never said", patience())).rejects.toThrow(/console/);

    await bootToPrompt(bench.client);

    expect(await run(bench.client, "echo again")).toBe("again");
  });

  it("takes a guest that switches itself off for one that is off", async () => {
    await using bench = await openBoard();
    const { client } = bench;
    await bootToPrompt(client);
    await client.console.send("poweroff\n");
    await expect
      .poll(() => client.qmp("query-status").catch((error: unknown) => error))
      .toMatchObject({
        reason: "QEMU_OFF",
      });

    await bootToPrompt(client);

    expect(await run(client, "echo again")).toBe("again");
  });

  it("switches a guest on that has switched itself off while its emulator is still there", async () => {
    await using bench = await openBoard({ args: ["-no-shutdown"] });
    const { client } = bench;
    await bootToPrompt(client);
    await client.console.send("poweroff\n");
    await expect.poll(() => client.qmp("query-status")).toMatchObject({ status: "shutdown" });

    await bootToPrompt(client);

    expect(await run(client, "echo again")).toBe("again");
  });

  it("kills a machine that hangs when it is switched off", { timeout: 20_000 }, async () => {
    const name = randomUUID();
    await using bench = await openBoard({ args: ["-name", name] });
    await bench.client.power.on();
    process.kill(await processWith(name), "SIGSTOP");

    const startedAt = clock.now();
    await bench.client.power.off();

    expect(clock.now() - startedAt).toBeGreaterThan(4_900);
    expect(await processesWith(name)).toEqual([]);
  });

  it("is gone when its session ends", async () => {
    const name = randomUUID();
    const bench = await openBoard({ args: ["-name", name] });
    await bench.client.power.on();
    expect(await processesWith(name)).toHaveLength(1);

    await bench[Symbol.asyncDispose]();

    expect(await processesWith(name)).toEqual([]);
  });

  it.for([
    { state: "on", more: [], count: 1 },
    { state: "off", more: ["flash"], count: 0 },
  ])(
    "does not outlive an exporter that is killed while it is $state, and leaves no files",
    { timeout: 30_000 },
    async ({ more, count }) => {
      const name = randomUUID();
      const directory = await mkdtemp(join(tmpdir(), "qemu-test-"));
      const script = fileURLToPath(new URL("../test/host.ts", import.meta.url));
      const host = spawn(process.execPath, [script, name, ...more], {
        stdio: ["ignore", "pipe", "inherit"],
        env: { ...process.env, TMPDIR: directory },
      });
      const ours = async (): Promise<string[]> =>
        (await readdir(directory)).filter((each) => each.startsWith("jmp-qemu-"));
      try {
        await once(host.stdout, "data", patience());
        expect(await processesWith(name)).toHaveLength(count);
        expect(await ours()).toHaveLength(1);

        host.kill("SIGKILL");

        await goneWith(name);
        await expect.poll(ours, { timeout: 10_000 }).toEqual([]);
      } finally {
        host.kill("SIGKILL");
        await rm(directory, { recursive: true });
      }
    },
  );
});
