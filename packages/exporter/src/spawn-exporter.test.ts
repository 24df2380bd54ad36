import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { describe, expect, it } from "vitest";

import { connect } from "../test/bench.ts";
import { prepareExporter, spawnExporter } from "./spawn-exporter.ts";

const rail = fileURLToPath(import.meta.resolve("../test/rail.ts"));

async function bench(config = (stateFile: string) => `{ file: ${stateFile} }`) {
  const directory = await mkdtemp(join(tmpdir(), "spawn-"));
  const configFile = join(directory, "bench.yaml");
  const stateFile = join(directory, "rail.txt");
  await writeFile(configFile, `export:\n  rail:\n    type: ${rail}#rail\n    config: ${config(stateFile)}\n`);
  return {
    configFile,
    isOpening: () => existsSync(stateFile),
    states: async () => (existsSync(stateFile) ? (await readFile(stateFile, "utf8")).trim().split("\n") : []),
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true }),
  };
}

describe("an exporter in its own process", () => {
  it("serves until it is closed, and leaves its rail off and no socket", async () => {
    await using place = await bench();
    const lines: string[] = [];
    await using exporter = await spawnExporter({ configFile: place.configFile, onLog: (line) => lines.push(line) });
    await using client = connect(exporter.host);
    await client.call("rail", "on");
    expect(await place.states()).toEqual(["on"]);

    expect(await exporter.close()).toEqual({ code: 0, signal: null });

    expect(await place.states()).toEqual(["on", "off"]);
    expect(existsSync(exporter.host)).toBe(false);
    expect(lines).toEqual(["INFO driver.rail: rail on"]);
  });

  it("leaves its rail off when it is told to terminate", async () => {
    await using place = await bench();
    await using exporter = await spawnExporter({ configFile: place.configFile });
    await using client = connect(exporter.host);
    await client.call("rail", "on");

    process.kill(exporter.pid, "SIGTERM");

    expect(await exporter.exited).toEqual({ code: 0, signal: null });
    expect(await place.states()).toEqual(["on", "off"]);
  });

  it("leaves Ctrl+C to its parent", async () => {
    await using place = await bench();
    await using exporter = await spawnExporter({ configFile: place.configFile });
    await using client = connect(exporter.host);

    process.kill(exporter.pid, "SIGINT");
    await client.call("rail", "on");

    expect(await place.states()).toEqual(["on"]);
    expect(await exporter.close()).toEqual({ code: 0, signal: null });
  });

  it("leaves its rail off when its parent is killed", async () => {
    await using place = await bench();
    const script = `
      const { spawnExporter } = await import(${JSON.stringify(import.meta.resolve("@jumpstarter-ts/exporter/spawn"))});
      const { host, pid } = await spawnExporter({ configFile: ${JSON.stringify(place.configFile)} });
      console.log(JSON.stringify({ host, pid }));
    `;
    const parent = spawn(process.execPath, ["--input-type=module", "-e", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [line] = await once(parent.stdout, "data");
    const { host } = JSON.parse(String(line)) as { host: string }; // what the script just wrote
    await using client = connect(host);
    await client.call("rail", "on");
    parent.kill("SIGKILL");

    await expect.poll(() => place.states()).toEqual(["on", "off"]);
    await expect.poll(() => existsSync(host)).toBe(false);
  });

  it("leaves its rail off when one of its drivers fails where nobody catches it, and tells its parent", async () => {
    await using place = await bench();
    const lines: string[] = [];
    await using exporter = await spawnExporter({ configFile: place.configFile, onLog: (line) => lines.push(line) });
    await using client = connect(exporter.host);
    await client.call("rail", "on");

    await client.call("rail", "explode").catch(() => undefined);

    expect(await exporter.exited).toEqual({ code: 1, signal: null });
    expect(await place.states()).toEqual(["on", "off"]);
    expect(lines.join()).toContain(
      "CRITICAL exporter: the exporter stops, for a driver failed unseen: Error: nobody listens",
    );
  });

  it("tells its parent when it is gone by itself", async () => {
    await using place = await bench();
    await using exporter = await spawnExporter({ configFile: place.configFile });
    await using client = connect(exporter.host);

    await expect(client.call("rail", "vanish")).rejects.toMatchObject({ code: "unavailable" });

    expect(await exporter.exited).toEqual({ code: 7, signal: null });
    expect(existsSync(exporter.host)).toBe(false);
    expect(await exporter.close()).toEqual({ code: 7, signal: null });
  });

  it("does not stay with a rail that hangs while it is switched off", { timeout: 15_000 }, async () => {
    await using place = await bench((stateFile) => `{ file: ${stateFile}, hangs: true }`);
    await using exporter = await spawnExporter({ configFile: place.configFile });
    const started = performance.now();

    expect(await exporter.close()).toEqual({ code: 0, signal: null });

    expect(performance.now() - started).toBeLessThan(8_000);
  });

  it("can be stopped while a driver hangs in its opening", async () => {
    await using place = await bench((stateFile) => `{ file: ${stateFile}, opensNever: true }`);
    const stop = new AbortController();
    const starting = spawnExporter({ configFile: place.configFile, signal: stop.signal });
    await expect.poll(place.isOpening).toBe(true);

    stop.abort();

    await expect(starting).rejects.toMatchObject({ code: "cancelled" });
    expect(await place.states()).toEqual(["opening", "off"]);
  });

  it("does not wait for a client that keeps its call open", async () => {
    await using place = await bench();
    await using exporter = await spawnExporter({ configFile: place.configFile });
    await using client = connect(exporter.host);
    const logs = client.logs();
    logs.on("error", () => undefined).resume();
    await client.call("rail", "on");

    expect(await exporter.close()).toEqual({ code: 0, signal: null });
  });

  it("that cannot start says why, in the words and with the reason of the exporter", async () => {
    await using place = await bench();
    await writeFile(place.configFile, "export:\n  rail:\n    tpye: x\n");

    await expect(spawnExporter({ configFile: place.configFile })).rejects.toMatchObject({
      message: `${place.configFile}:3:5: export.rail has the unknown key "tpye"; did you mean "type"?`,
      code: "invalid-argument",
      reason: "CONFIG_INVALID",
    });
  });

  it.each([
    ["a configuration that is not there", "/nowhere/bench.yaml", "CONFIG_UNREADABLE"],
    ["a directory", tmpdir(), "CONFIG_NOT_A_FILE"],
  ])("is refused for %s", async (_case, configFile, reason) => {
    await expect(spawnExporter({ configFile })).rejects.toMatchObject({ reason });
  });

  it("that is not wanted any more before it is up is gone", async () => {
    await using place = await bench();
    const stop = new AbortController();
    const starting = spawnExporter({ configFile: place.configFile, signal: stop.signal });

    stop.abort();

    await expect(starting).rejects.toMatchObject({ code: "cancelled" });
    expect(await place.states()).not.toContain("on");
  });
});

describe("an exporter whose process is started ahead", () => {
  it("opens nothing until it is told which one it is, and then serves like any other", async () => {
    await using place = await bench();
    using prepared = prepareExporter();

    await using exporter = await prepared.start({ configFile: place.configFile, env: { ...process.env, JMP_X: "1" } });
    await using client = connect(exporter.host);
    await client.call("rail", "on");

    expect(await exporter.close()).toEqual({ code: 0, signal: null });
    expect(await place.states()).toEqual(["on", "off"]);
  });

  it("says what is wrong with its configuration", async () => {
    using prepared = prepareExporter();
    await expect(prepared.start({ configFile: "/nowhere.yaml" })).rejects.toThrow("/nowhere.yaml");
  });

  it("keeps nobody from ending", async () => {
    const script = `
      const { prepareExporter } = await import(${JSON.stringify(import.meta.resolve("@jumpstarter-ts/exporter/spawn"))});
      prepareExporter();
    `;
    const parent = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: "ignore" });

    expect(await once(parent, "exit")).toEqual([0, null]);
  });
});
