import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { spawnExporter } from "@jumpstarter-ts/exporter/spawn";
import { describe, expect, it } from "vitest";

import { runNested } from "../test/nested-run.ts";
import type * as PluginEntry from "./plugin-entry.ts";

const railYaml = fileURLToPath(new URL("../test/projects/rail/exporters/rail.yaml", import.meta.url));
const config = (more: object): Record<string, string> => ({ NESTED_CONFIG: JSON.stringify(more) });

describe("jumpstarter()", () => {
  it("lends the exporter that a test names, typed by the file that it has written", async () => {
    await using run = await runNested({ files: ["named"] });

    await run.endsWith(0);

    expect(run.output()).toContain("jumpstarter: pool=forks, isolate=false, maxWorkers=1 for rail");
    expect((await run.lines()).slice(-3)).toEqual(["on", "off", "closed"]);
  });

  it("is there for a configuration in CommonJS, too", () => {
    // Vitest loads it so in a project without "type": "module".
    const { jumpstarter }: typeof PluginEntry = createRequire(import.meta.url)("../dist/plugin-entry.js");

    expect(jumpstarter({ connect: { host: "/nowhere.sock" } }).name).toBe("@jumpstarter-ts/vitest");
  });

  it("lends the session that JUMPSTARTER_HOST names, and leaves it safe and open", async () => {
    await using board = await temporaryFile();
    await using exporter = await spawnExporter({
      configFile: railYaml,
      env: { ...process.env, RAIL_FILE: board.path },
    });
    const { host } = exporter;
    await using run = await runNested({ files: ["named"], env: { JUMPSTARTER_HOST: host, EXPECTED_DEVICE: host } });

    await run.endsWith(0);

    expect((await readFile(board.path, "utf8")).split("\n").slice(1, -1)).toEqual(["console opened", "on", "off"]);
  });

  it("keeps a device on between passing tests where it is told to, but neither after a failure nor at the end", async () => {
    await using run = await runNested({ files: ["keep"], env: config({ jumpstarter: { between: "keep" } }) });

    await run.endsWith(1);

    expect(run.output()).toContain("3 passed");
    expect((await run.lines()).slice(2)).toEqual([
      "# first",
      "on",
      "# second",
      "# third",
      "off",
      "# fourth",
      "on",
      "off",
      "closed",
    ]);
  });

  it("says what a test expects and what the device has, where they do not agree", async () => {
    await using run = await runNested({ files: ["mismatch"] });

    await run.endsWith(1);

    expect(run.output()).toContain(
      "rail is not what the test needs: expected { console: power, relay: power }, it has { power: power, console: serial }",
    );
  });

  it("says in one sentence why an exporter does not start", async () => {
    await using run = await runNested({
      files: ["next"],
      env: config({ jumpstarter: { exporters: "broken/*.yaml" } }),
    });

    await run.endsWith(1);

    expect(run.output()).toMatch(/JumpstarterError: .*broken\.yaml:6:\d+: export\.power .*#mok.*#mock/);
    expect(run.output()).not.toContain("grpc");
  });

  it.for([
    { test: { isolate: true }, says: "test.isolate is true, but hardware needs false" },
    { test: { pool: "threads" }, says: 'test.pool is "threads", but hardware needs "forks"' },
    { jumpstarter: { exporters: "none/*.yaml" }, says: "no exporter configuration matches none/*.yaml" },
  ])("refuses to start where $says", async ({ says, ...more }) => {
    await using run = await runNested({ files: ["next"], env: config(more) });

    await run.endsWith(1);

    expect(run.output()).toContain(says);
  });

  it("says that it is missing where a test needs it", async () => {
    await using run = await runNested({ project: "plain", files: ["forgotten"] });

    await run.endsWith(1);

    expect(run.output()).toContain("dutTest needs the plugin: add jumpstarter()");
  });
});

async function temporaryFile(): Promise<AsyncDisposable & { readonly path: string }> {
  const directory = await mkdtemp(join(tmpdir(), "rail-"));
  return {
    path: join(directory, "rail"),
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  };
}
