import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

import { describe, expect, it } from "vitest";

import { connect } from "../test/bench.ts";
import { runExporter } from "./run-exporter.ts";
import type { ExporterReady } from "./run-options.ts";

const pathOf = (file: string): string => fileURLToPath(import.meta.resolve(file));
const listen = { host: "127.0.0.1", port: 0, insecure: true } as const;
/** For a hook: calls a method of a device of the exporter in whose hook it is. */
const j = `${process.execPath} ${pathOf("../test/call.ts")}`;
const patience = { timeout: 20_000, interval: 20 };

async function openPlace(rest: object = {}) {
  const directory = await mkdtemp(join(tmpdir(), "run-"));
  const configFile = join(directory, "bench.yaml");
  const stateFile = join(directory, "rail.txt");
  const type = `${pathOf("../test/rail.ts")}#rail`;
  await writeFile(configFile, JSON.stringify({ export: { rail: { type, config: { file: stateFile } } }, ...rest }));
  const lines: string[] = [];
  const ready: ExporterReady[] = [];
  return {
    directory,
    configFile,
    lines,
    ready,
    states: async () => (existsSync(stateFile) ? (await readFile(stateFile, "utf8")).trim().split("\n") : []),
    logged: async (part: string) => {
      await expect.poll(() => lines.join("\n"), patience).toContain(part);
    },
    /** How often clients could begin. */
    isReady: async (times = 1) => {
      await expect.poll(() => lines.filter((line) => line.endsWith("Ready for commands")).length, patience).toBe(times);
    },
    /** In this process, which is the parent of the exporter's. */
    run(signal: AbortSignal): Promise<number> {
      return runExporter({
        configFile,
        listen,
        signal,
        handleSignals: false,
        onLog: (line) => lines.push(line),
        onReady: (each) => ready.push(each),
      });
    },
    /** In a process of its own, as `jmp run` is. */
    spawn() {
      const script = `
        const { runExporter } = await import(${JSON.stringify(import.meta.resolve("@jumpstarter-ts/exporter/run"))});
        process.exitCode = await runExporter({
          configFile: ${JSON.stringify(configFile)},
          listen: ${JSON.stringify(listen)},
          onReady: (ready) => console.log(JSON.stringify(ready)),
          onLog: console.error,
        });
      `;
      const env = { ...process.env, XDG_RUNTIME_DIR: directory };
      const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
        env,
        stdio: ["ignore", "pipe", "pipe"],
      });
      createInterface({ input: child.stdout }).on("line", (line) => ready.push(JSON.parse(line)));
      createInterface({ input: child.stderr }).on("line", (line) => lines.push(line));
      return { child, ended: once(child, "exit").then(([code, signal]: unknown[]) => code ?? signal) };
    },
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  };
}

async function callRail({ host }: ExporterReady, method: string): Promise<unknown> {
  await using client = connect(host);
  return await client.call("rail", method);
}

describe("an exporter that is run", () => {
  it("serves until SIGTERM; then it cleans up with its devices, switches them off and leaves no socket", async () => {
    await using place = await openPlace({ hooks: { afterLease: { script: `${j} rail on` } } });
    const { child, ended } = place.spawn();
    await place.logged("Ready for commands");

    child.kill("SIGTERM");

    expect(await ended).toBe(143);
    expect(await place.states()).toEqual(["on", "off"]);
    expect((await readdir(place.directory)).filter((name) => name.startsWith("jumpstarter-"))).toEqual([]);
    expect(place.lines).toContain("INFO:driver.rail:rail on");
  });

  it("that gets SIGINT in its first hook cuts it short, and cleans up", async () => {
    await using place = await openPlace({
      hooks: { beforeLease: { script: "echo started; sleep 60" }, afterLease: { script: "echo tidy" } },
    });
    const { child, ended } = place.spawn();
    await place.logged("beforeLease:started");

    child.kill("SIGINT");

    expect(await ended).toBe(130);
    expect(place.lines).toContain("INFO:exporter:afterLease:tidy");
    expect(await place.states()).toEqual(["off"]);
  });

  it("hurries at the second signal, and still switches its devices off", async () => {
    await using place = await openPlace({ hooks: { afterLease: { script: "echo started; sleep 60" } } });
    const { child, ended } = place.spawn();
    await place.logged("Ready for commands");
    child.kill("SIGTERM");
    await place.logged("afterLease:started");

    child.kill("SIGTERM");

    expect(await ended).toBe(143);
    expect(await place.states()).toEqual(["off"]);
  });

  it("cleans up and ends though its parent was killed", async () => {
    await using place = await openPlace({ hooks: { afterLease: { script: `${j} rail on` } } });
    const { child } = place.spawn();
    await place.logged("Ready for commands");

    child.kill("SIGKILL");

    await expect.poll(place.states, patience).toEqual(["on", "off"]);
  });

  it.each(["explode", "vanish"])("starts anew when a driver crashes it: %s", async (method) => {
    await using place = await openPlace();
    const stop = new AbortController();
    const ended = place.run(stop.signal);
    await place.isReady();
    const [first] = place.ready;

    await callRail(place.ready[0] ?? { host: "", pid: 0 }, method).catch(() => undefined);
    await place.isReady(2);
    await callRail(place.ready[1] ?? { host: "", pid: 0 }, "on");
    stop.abort();

    expect(await ended).toBe(0);
    expect(place.ready[1]?.pid).not.toBe(first?.pid);
    expect((await place.states()).slice(-2)).toEqual(["on", "off"]);
    expect(place.lines.join("\n")).toContain("the exporter has crashed and is started again: exit code");
  });

  it("starts anew after a fault of native code", async () => {
    await using place = await openPlace();
    const stop = new AbortController();
    const ended = place.run(stop.signal);
    await place.isReady();

    process.kill(place.ready[0]?.pid ?? 0, "SIGSEGV");
    await place.isReady(2);
    stop.abort();

    expect(await ended).toBe(0);
    expect(place.lines).toContain("WARNING:exporter:the exporter has crashed and is started again: SIGSEGV");
  });

  it("stays down once it has crashed too often in too short a time", async () => {
    await using place = await openPlace({ failureDetection: { maxRapidFailures: 2 } });
    const ended = place.run(new AbortController().signal);
    for (const times of [1, 2]) {
      await place.isReady(times);
      await callRail(place.ready[times - 1] ?? { host: "", pid: 0 }, "explode").catch(() => undefined);
    }

    expect(await ended).toBe(1);
    expect(place.lines.at(-1)).toContain("CRITICAL:exporter:the exporter has crashed too often");
  });

  it("ends with 1, and does not start anew, where a hook asks for its end", async () => {
    await using place = await openPlace({ hooks: { beforeLease: { script: "exit 3", onFailure: "exit" } } });

    expect(await place.run(new AbortController().signal)).toBe(1);
    expect(place.ready).toHaveLength(1);
  });

  it("ends with 128 and the signal's number where somebody kills its process", async () => {
    await using place = await openPlace();
    const ended = place.run(new AbortController().signal);
    await place.isReady();

    process.kill(place.ready[0]?.pid ?? 0, "SIGKILL");

    expect(await ended).toBe(137);
  });

  it("that cannot start says why, and is not started again", async () => {
    await using place = await openPlace({ hoks: {} });

    await expect(place.run(new AbortController().signal)).rejects.toMatchObject({
      message: expect.stringContaining('has the unknown key "hoks"; did you mean "hooks"?'),
      code: "invalid-argument",
      reason: "CONFIG_INVALID",
    });
  });

  it("makes a certificate for itself where it is given none, and says where one is missing", async () => {
    await using place = await openPlace();
    const stop = new AbortController();
    const run = (tls?: { certificateFile: string; keyFile: string }) =>
      runExporter({
        configFile: place.configFile,
        listen: { host: "127.0.0.1", port: 0, tls },
        signal: stop.signal,
        handleSignals: false,
        onReady: (each) => place.ready.push(each),
      });

    await expect(run({ certificateFile: "/no/cert.pem", keyFile: "/no/key.pem" })).rejects.toMatchObject({
      message: expect.stringContaining("the certificate /no/cert.pem cannot be read"),
      reason: "CERTIFICATE_MISSING",
    });
    const ended = run();
    await expect.poll(() => place.ready[0]?.certificate, patience).toContain("BEGIN CERTIFICATE");
    stop.abort();
    expect(await ended).toBe(0);
  });

  it("that is stopped before it has started ends at once", async () => {
    await using place = await openPlace();

    expect(await place.run(AbortSignal.abort())).toBe(0);
    expect(place.ready).toEqual([]);
  });
});
