import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { within } from "@jumpstarter-ts/core";
import { beforeAll, describe, expect, it } from "vitest";

import { linuxBoard, type LinuxBoard } from "../../fixtures/boards/linux/index.ts";
import { root } from "../../scripts/step.ts";
import { buildTimeout, isMissing, linuxMachine } from "./linux-machine.ts";

let board: LinuxBoard;

describe.skipIf(isMissing)("fifty tests that each destroy their board", { timeout: 900_000 }, () => {
  beforeAll(async () => {
    board = await linuxBoard();
  }, buildTimeout);

  it("all start clean, of a board that booted once", async () => {
    await using run = await runProject(linuxMachine(board, { from: "disk" }), "destructive");

    const { exitCode, output } = await run.ended;

    expect(output).toMatch(/Tests +50 passed/);
    expect(exitCode).toBe(0);
    const figures = (await readFile(run.figures, "utf8")).trim().split("\n");
    expect(figures.filter((each) => each === "boot")).toHaveLength(1);
    const [boot = 0, ...restored] = figures.filter((each) => each !== "boot").map(Number);
    expect(restored).toHaveLength(49);
    const median = restored.toSorted((one, other) => one - other)[24] ?? Infinity;
    // Other suites have the processors, too; alone it is a tenth.
    expect(median).toBeLessThan(boot);
    process.stderr.write(
      `first boot ${boot.toFixed(0)} ms, then a fresh board in ${median.toFixed(0)} ms (median of 49)`,
    );
  });
});

describe.skipIf(isMissing)("a test that fails", { timeout: 300_000 }, () => {
  beforeAll(async () => {
    board = await linuxBoard();
  }, buildTimeout);

  it("says which command it was, leaves the board off, and the next one a fresh board", async () => {
    await using run = await runProject(linuxMachine(board, { from: "disk" }), "failing");

    const { exitCode, output } = await run.ended;

    expect(output).toMatch(/Tests +1 failed \| 2 passed/);
    expect(output).toContain('"cat /etc/passwd" ended with exit code 1');
    expect(output).toContain("cat: can't open '/etc/passwd': No such file or directory");
    expect(output).toMatch(/❯ hw\/failing\.hw\.ts:9:\d+/);
    expect(output).toContain("DutError: the device did not do what the test waited for");
    expect(exitCode).toBe(1);
  });
});

async function runProject(machine: object, file: string) {
  const directory = await mkdtemp(join(tmpdir(), "destructive-"));
  const exporter = join(directory, "board.yaml");
  const figures = join(directory, "figures");
  const config = {
    apiVersion: "jumpstarter.dev/v1alpha1",
    kind: "ExporterConfig",
    metadata: { name: "board" },
    export: { board: machine },
  };
  // YAML takes JSON.
  await writeFile(exporter, JSON.stringify(config));
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(?:VITEST|JUMPSTARTER_)/.test(name)),
  );
  const child = spawn(join(root, "node_modules", ".bin", "vitest"), ["run", `hw/${file}.hw.ts`], {
    cwd: join(import.meta.dirname, "destructive"),
    env: { ...env, NO_COLOR: "1", BOARD_EXPORTER: exporter, BOARD_FIGURES: figures },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const closed = new Promise<number | null>((resolve) => child.once("close", resolve));
  const ended = async () => ({
    exitCode: await within(closed, { timeoutMs: 800_000, what: "the run of the fifty tests" }),
    output,
  });
  return {
    figures,
    ended: ended(),
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null) child.kill("SIGTERM");
      await closed;
      await rm(directory, { recursive: true, force: true });
    },
  };
}
