import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { isMissing, openBoard, patience } from "../test/u-boot.ts";

const code = "/usr/share/AAVMF/AAVMF_CODE.fd";
const variables = "/usr/share/AAVMF/AAVMF_VARS.fd";

describe.skipIf(isMissing || (process.env["CI"] !== "true" && !existsSync(code)))("a virtual machine with UEFI", () => {
  it("writes its variables to a copy, which a snapshot has, too", { timeout: 60_000 }, async () => {
    const directory = await mkdtemp(join(tmpdir(), "qemu-test-"));
    try {
      await using bench = await openBoard({
        default_partitions: { "OVMF_CODE.fd": code, "OVMF_VARS.fd": variables },
      });
      const { power, console, flasher } = bench.client;
      const [copy, original] = [join(directory, "variables"), await readFile(variables)];
      await flasher.dump(copy, { target: "OVMF_VARS.fd" });
      expect((await readFile(copy)).equals(original)).toBe(true);

      await power.on();
      await console.waitFor("UEFI firmware", patience());
      // By now it has noted how it boots.
      await console.waitFor("Start PXE", patience());
      await bench.client.saveSnapshot("firmware");
      await power.off();
      await bench.client.loadSnapshot("firmware");
      await power.off();
      await flasher.dump(copy, { target: "OVMF_VARS.fd" });

      const written = await readFile(copy);
      expect(written.length).toBe(original.length);
      expect(written.equals(original)).toBe(false);
      expect((await readFile(variables)).equals(original)).toBe(true);
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});
