import { createConnection } from "node:net";
import { readFileSync } from "node:fs";
import { createHash, randomBytes } from "node:crypto";
import { text } from "node:stream/consumers";

import { loadExporterConfig } from "@jumpstarter-ts/config";
import { startExporter, type RunningExporter } from "@jumpstarter-ts/exporter";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { createBenchDirectory, type BenchDirectory } from "../../test/bench-config.ts";
import { createTestIo, type TestIo, type TestIoOptions } from "../../test/test-io.ts";
import { runJ } from "./j.ts";

let bench: BenchDirectory;
let exporter: RunningExporter;
const logs: string[] = [];

beforeAll(async () => {
  bench = createBenchDirectory();
  exporter = await startExporter({
    config: await loadExporterConfig(bench.config),
    log: ({ message }) => logs.push(message),
  });
});

afterAll(async () => {
  await exporter.close();
  bench[Symbol.dispose]();
});

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function j(line: string, options: TestIoOptions & { readonly interruptAt?: RegExp } = {}): Promise<Ran> {
  const io: TestIo = createTestIo({
    cwd: process.cwd(),
    ...options,
    env: { ...options.env, JUMPSTARTER_HOST: exporter.host },
    onStdout: (seen) => options.interruptAt?.test(seen) === true && io.interrupt(),
  });
  return { code: await runJ(line.split(" "), io), ...io.seen };
}

// #region power
it("switches the power, cycles it and measures", async () => {
  logs.length = 0;
  expect(await j("power on")).toEqual({ code: 0, stdout: "", stderr: "" });
  await j("power cycle --wait 0.01");
  expect(logs).toEqual(["power on", "power off", "power on"]);
  expect((await j("power read -n 2 -i 0")).stdout).toBe(
    "voltage=0.0 V  current=0.0 A  apparent_power=0.0 VA\nvoltage=5.0 V  current=2.0 A  apparent_power=10.0 VA\n".repeat(
      2,
    ),
  );
});
// #endregion

describe("j power", () => {
  it("is reached through groups, and is helped by the words of the bench", async () => {
    logs.length = 0;
    await j("group same off");
    expect(logs).toEqual(["power off"]);
    const { stdout } = await j("power --help");
    expect(stdout).toContain("  The rail\n");
    expect(stdout).toMatch(/on +Light it/);
  });

  it("measures for ever until Ctrl+C, which is exit code 2", async () => {
    const { code, stderr } = await j("power read -n 0 -i 0", { interruptAt: /(voltage[^]*){4}/ });
    expect([code, stderr]).toEqual([2, ""]);
  });
});

describe("j with a network", () => {
  it("forwards a local port until Ctrl+C", async () => {
    const forwarding = Promise.withResolvers<string>();
    const io = createTestIo({
      env: { JUMPSTARTER_HOST: exporter.host },
      onStdout: (seen) => seen.endsWith("\n") && forwarding.resolve(seen.trim()),
    });
    const ended = runJ(["echo", "forward-tcp", "0", "--address", "127.0.0.1"], io);
    const [host = "", port = ""] = (await forwarding.promise).split(":");

    const socket = createConnection({ host, port: Number(port) });
    socket.end("hello");
    expect(await text(socket)).toBe("hello");

    io.interrupt();
    expect(await ended).toBe(2);
  });

  it("tells the address, whole or in parts", async () => {
    expect((await j("board address")).stdout).toBe("127.0.0.1:2222\n");
    expect((await j("board address --host")).stdout).toBe("127.0.0.1\n");
    expect((await j("board address --port")).stdout).toBe("2222\n");
  });
});

describe("j serial pipe", () => {
  it("sends stdin and goes on receiving until Ctrl+C", async () => {
    const { code, stdout } = await j("serial pipe", { input: "reboot\n", interruptAt: /reboot\n/ });
    expect([code, stdout]).toEqual([2, "reboot\n"]);
  });

  it.each([
    ["serial pipe -i --no-input", "got both --input and --no-input"],
    ["serial pipe --no-output -o x", "got both --no-output and --output"],
    ["serial pipe -a", "--append of j serial pipe needs a file to add to: give --output FILE"],
    ["serial pipe --no-output --no-input", "leaves nothing to do without input"],
  ])("refuses %s", async (line, sentence) => {
    const { code, stderr } = await j(line);
    expect([code, stderr]).toEqual([1, expect.stringContaining(sentence)]);
  });
});

describe("j with images and files", () => {
  it("flashes and dumps, with a progress bar on a terminal only", async () => {
    const image = randomBytes(100_000);
    const file = bench.file("image.bin", image.toString("latin1"));

    const quiet = await j(`flasher flash ${file}`);
    const shown = await j(`flasher dump ${bench.file("dump.bin")}`, { isTerminal: true });

    expect(quiet).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(shown.stderr).toMatch(/^\rdump {2}0\.\d MiB/);
    expect(readFileSync(bench.file("dump.bin")).equals(readFileSync(file))).toBe(true);
  });

  it("flashes parts by name, and refuses a part and a whole at once", async () => {
    const file = bench.file("part.bin", "a part");
    expect((await j(`flasher flash -t boot:${file} -t root:${file}`)).code).toBe(0);
    await j(`flasher dump --target root ${bench.file("root.bin")}`);
    expect(readFileSync(bench.file("root.bin"), "utf8")).toBe("a part");
    expect((await j(`flasher flash ${file} -t boot:${file}`)).stderr).toContain("got both FILE and --target NAME:FILE");
  });

  it("gives the storage back to the device, also when the image is not there", async () => {
    logs.length = 0;
    const { code, stderr } = await j("card flash /gone.img");
    expect(code).toBe(1);
    expect(stderr).toContain("/gone.img");
    expect(logs.at(-1)).toBe("storage connected to the device under test");
  });

  it("writes, reads and lists files of a storage", async () => {
    await j("files write-bytes notes.txt", { input: "a note" });
    expect((await j("files read-bytes notes.txt")).stdout).toBe("a note");
    expect((await j("files list")).stdout.split("\n")).toContain("notes.txt");
    expect((await j("files hash notes.txt --algo md5")).stdout).toBe(
      `${createHash("md5").update("a note").digest("hex")}\n`,
    );
    expect(JSON.parse((await j("files stat notes.txt")).stdout)).toMatchObject({ content_length: 6 });
    expect(await j("files exists gone.txt")).toMatchObject({ code: 1, stdout: "false\n" });
  });
});

describe("j call", () => {
  it("calls methods of any device, with one answer and with many", async () => {
    expect((await j("call group.same on")).code).toBe(0);
    expect((await j("call board address")).stdout).toBe("tcp://127.0.0.1:2222\n");
    expect((await j("call power read")).stdout).toContain('"voltage": 5');
    expect((await j('call files exists "notes.txt"')).stdout).toMatch(/^(?:true|false)\n$/);
  });
});

describe("completion of j", () => {
  it("knows the devices and what they can do", async () => {
    expect((await j("__complete po")).stdout).toBe("power\n");
    expect((await j("__complete power o")).stdout).toBe("off\non\n");
    expect((await j("__complete call group.")).stdout).toBe("group.same\n");
  });
});
