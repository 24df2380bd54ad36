import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, utimesSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { bundleHost } from "../../packages/exporter/bundle.ts";
import { root } from "../../scripts/step.ts";

let directory: string;
const built = join("core", "dist", ".tsbuildinfo");

beforeAll(async () => {
  mkdirSync(join(root, ".cache"), { recursive: true });
  // Within the repository, so that the packages that stay outside of the bundle are found.
  directory = await mkdtemp(join(root, ".cache", "host-"));
  cpSync(join(root, "packages", "exporter", "dist"), join(directory, "exporter", "dist"), { recursive: true });
  mkdirSync(join(directory, "core", "dist"), { recursive: true });
  writeFileSync(join(directory, built), "");
  await bundleHost(join(directory, "exporter", "bundle"));
  writeFileSync(join(directory, "teller.js"), teller);
  writeFileSync(join(directory, "bench.yaml"), "export:\n  teller:\n    type: ./teller.js#teller\n");
});

afterAll(() => rm(directory, { recursive: true, force: true }));

/** A driver that tells which copies it was given. */
const teller = `
import { contract, defineDriver, implement } from "@jumpstarter-ts/core";
import { z } from "zod";
const definition = defineDriver({ contract: contract({ name: "teller", label: "acme.Teller" }), client: () => ({}) });
export const teller = implement(definition, z.strictObject({}), (_options, scope) => {
  for (const name of ["@jumpstarter-ts/core", "@jumpstarter-ts/encoding", "zod"]) scope.log.info(import.meta.resolve(name));
  return {};
});
`;

/** What the exporter logs until it is ready. */
async function hostLog(): Promise<string> {
  const host = join(directory, "exporter", "dist", "host-process.js");
  const child = spawn(process.execPath, [host, "--exporter-config", join(directory, "bench.yaml")]);
  const log: string[] = [];
  child.stderr.setEncoding("utf8").on("data", (text: string) => log.push(text));
  child.stdout.once("data", () => child.stdin.end());
  await once(child, "close");
  return log.join("");
}

describe("the host process in few files", () => {
  it("gives its drivers its own copies of what they share", async () => {
    const log = await hostLog();

    expect(log).toContain(`file://${directory}/exporter/bundle/core.js\n`);
    expect(log).toContain(`file://${directory}/exporter/bundle/encoding.js\n`);
    expect(log).toContain(`file://${directory}/exporter/bundle/zod.js\n`);
  });

  it("is passed over once a package was built after it", async () => {
    const later = Date.now() / 1_000 + 60;
    utimesSync(join(directory, built), later, later);

    const log = await hostLog();

    expect(log).toMatch(/^INFO driver\.teller: file:.*\/core\/dist\/index\.js$/m);
    expect(log).not.toContain("/bundle/");
  });
});
