import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { describe, expect, it } from "vitest";

/** A process that guards a directory with a file in it. */
async function startHost(more: readonly string[] = []) {
  const directory = await mkdtemp(join(tmpdir(), "jumpstarter-process-"));
  await writeFile(join(directory, "image"), "large");
  const script = fileURLToPath(new URL("../test/directory-host.ts", import.meta.url));
  const host = spawn(process.execPath, [script, directory, ...more], { stdio: ["ignore", "pipe", "inherit"] });
  await once(host.stdout, "data");
  return {
    directory,
    async kill() {
      const ended = once(host, "exit");
      host.kill("SIGKILL");
      await ended;
    },
    async [Symbol.asyncDispose]() {
      host.kill("SIGKILL");
      await rm(directory, { recursive: true, force: true });
    },
  };
}

describe("a directory that is guarded", () => {
  it("is removed when its process is killed", async () => {
    await using host = await startHost();
    expect(existsSync(host.directory)).toBe(true);

    await host.kill();

    await expect.poll(() => existsSync(host.directory), { timeout: 5_000 }).toBe(false);
  });

  it("stays where the guard was let go before, which resolves when it is gone", async () => {
    await using host = await startHost(["release"]);
    await host.kill();
    expect(existsSync(host.directory)).toBe(true);
  });
});
