import { cpSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { bundleCommands } from "../../packages/cli/bundle.ts";
import { createBenchDirectory } from "../../packages/cli/test/bench-config.ts";
import { runCommand } from "../../packages/cli/test/run-command.ts";
import { root } from "../../scripts/step.ts";

let directory: string;

beforeAll(async () => {
  // Within the repository, so that the packages that stay outside of the bundle are found.
  directory = await mkdtemp(join(root, "node_modules", ".jumpstarter-cli-"));
  await bundleCommands(join(directory, "bundle"));
  for (const part of ["bin", "package.json"]) {
    cpSync(join(root, "packages", "cli", part), join(directory, part), { recursive: true });
  }
});

afterAll(() => rm(directory, { recursive: true, force: true }));

describe("jmp and j as they are published, in few files", () => {
  it("do what they do otherwise, the exporter's process included", async () => {
    using bench = createBenchDirectory();
    const image = bench.file("image.bin", "an image");
    const script = `j power on && j power read && j flasher flash ${image} && j flasher dump - && j pwer; jmp version; jmp driver list | grep -c power`;

    const { stdout, stderr } = await runCommand(
      join(directory, "bin", "jmp"),
      ["shell", "--exporter-config", bench.config, "--", "sh", "-c", script],
      { cwd: root, env: { PATH: `${join(directory, "bin")}:${process.env["PATH"]}` } },
    );

    expect(stderr).toMatch(/^INFO driver\.power: power on$[^]*did you mean "power"\?$/m);
    expect(stdout).toContain("voltage=5.0 V  current=2.0 A  apparent_power=10.0 VA\nan imageJumpstarter v");
    expect(stdout).toContain(`from ${directory}`);
  });

  it("carry the names and the terms of what they include", () => {
    const notices = readFileSync(join(directory, "bundle", "THIRD-PARTY-NOTICES"), "utf8");
    expect(notices).toMatch(/^@grpc\/grpc-js \d+\.\d+\.\d+$/m);
    expect(notices).toContain("Apache License");
  });
});
