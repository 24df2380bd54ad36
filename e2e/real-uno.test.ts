import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

import { describe, expect, it } from "vitest";

import { createDriverRegistry, loadExporterConfig } from "@jumpstarter-ts/config";

import { fixtureImage } from "../packages/drivers/arduino/test/firmware-fixtures.ts";
import { startUsbUno } from "../packages/drivers/arduino/test/usb-uno.ts";
import { root } from "../scripts/step.ts";

const example = join(root, "examples", "arduino");
const benchFile = join(example, "exporters", "uno-bench.yaml");
const hasAvrdude = existsSync("/usr/bin/avrdude");

describe("the example's configuration for a real Uno", () => {
  it("names drivers that are installed, with options that they take", async () => {
    const config = await loadExporterConfig(benchFile);
    const registry = createDriverRegistry({ from: config.baseDirectory });

    const checked = await Promise.all(
      Object.entries(config.export).map(async ([name, entry]) => {
        if (entry.kind !== "driver") return [name, entry.kind];
        const { contract, options } = await registry.implementation(entry.type);
        const { issues = [] } = await options["~standard"].validate(entry.config);
        return [name, contract.name, issues];
      }),
    );

    expect(checked).toEqual([
      ["power", "power", []],
      ["console", "serial", []],
      ["flasher", "flasher", []],
    ]);
  });
});

describe.skipIf(!hasAvrdude && process.env["CI"] !== "true")(
  "the example on a Uno behind USB (to run it: apt-get install avrdude)",
  () => {
    it("passes with the same test files, by another YAML", async () => {
      await using bench = await startBench();

      const { exitCode, output } = await bench.vitest("tests/console.test.ts", "tests/update.test.ts");

      expect(output).toMatch(/Tests {2}6 passed \(6\)/);
      expect(exitCode).toBe(0);
      expect(await bench.rail()).toBe("off");
    }, 120_000);
  },
);

/** A copy of the example whose port and hub are those of an emulated board. */
async function startBench() {
  const directory = await mkdtemp(join(tmpdir(), "real-uno-"));
  const [port, rail, programs] = ["port", "rail", "bin"].map((name) => join(directory, name));
  if (port === undefined || rail === undefined || programs === undefined) throw new Error("unreachable");
  await cp(example, directory, { recursive: true, filter: (path) => !path.includes("node_modules") });
  await symlink(join(root, "node_modules"), join(directory, "node_modules"));
  await writeFile(rail, "off");
  await mkdir(programs);
  // As the real one: -l HUB -p PORT -a ACTION; off is when the port is gone, and long enough for the exporter to notice:
  // a terminal that hangs up is told from one that is silent once a second, where a USB port is gone at once.
  const hub = `#!/bin/sh
echo "$6" > ${rail}
test "$6" = off || exit 0
while test -e ${port}; do sleep 0.02; done
sleep 1.2
`;
  await writeFile(join(programs, "uhubctl"), hub, { mode: 0o755 });
  const yaml = join(directory, "exporters", "uno-bench.yaml");
  await writeFile(yaml, (await readFile(yaml, "utf8")).replace(/\/dev\/serial\/by-id\/\S+/, port));
  const uno = await startUsbUno({ port, rail, firmware: fixtureImage("uno") });
  return {
    rail: async () => (await readFile(rail, "utf8")).trim(),
    async vitest(...files: readonly string[]) {
      const own = Object.entries(process.env).filter(
        ([name]) => !/^(?:VITEST|TEST$|NODE_ENV$|JUMPSTARTER_)/.test(name),
      );
      const child = spawn(process.execPath, [join(root, "node_modules/vitest/vitest.mjs"), "run", ...files], {
        cwd: directory,
        stdio: ["ignore", "pipe", "pipe"],
        env: {
          ...Object.fromEntries(own),
          PATH: [programs, process.env["PATH"]].join(delimiter),
          JMP_TEST_EXPORTER: "exporters/uno-bench.yaml",
          NO_COLOR: "1",
        },
      });
      let output = "";
      for (const stream of [child.stdout, child.stderr])
        stream.setEncoding("utf8").on("data", (text) => (output += text));
      const [exitCode] = await once(child, "close");
      return { exitCode, output };
    },
    async [Symbol.asyncDispose]() {
      await uno[Symbol.asyncDispose]();
      await rm(directory, { recursive: true });
    },
  };
}
