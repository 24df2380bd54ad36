import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { exitCodeOfJ, runPython } from "../peers/python-run.ts";
import { pythonPeer } from "../peers/python.ts";
import { startOurs } from "./ours.ts";

const yaml = `export:
  tmt:
    type: jumpstarter_driver_tmt.driver.TMT
    config: { reboot_cmd: j power cycle, default_username: root, default_password: secret }
    children:
      ssh: { type: jumpstarter_driver_network.driver.TcpNetwork, config: { host: 127.0.0.1, port: 2222 } }
`;

describe.skipIf(pythonPeer() === undefined && process.env["CI"] !== "true")("our tmt driver for Python", () => {
  it("answers to `j tmt`, which runs the author's tmt on the guest", async () => {
    const directory = await mkdtemp(join(tmpdir(), "jumpstarter-tmt-"));
    try {
      // Debian has no tmt: a stand-in says what it is given.
      const program = join(directory, "tmt");
      await writeFile(program, '#!/bin/sh\necho "$@"\nexit 2\n');
      await chmod(program, 0o755);
      await using exporter = await startOurs(yaml);

      const { exitCode, stdout } = await runPython("j", ["tmt", "--tmt-cmd", program, "run", "-a", "plan"], {
        host: exporter.host,
      });

      expect(stdout).toBe(
        "run -a plan provision -h connect -g 127.0.0.1 -P 2222 -u root -p secret --feeling-safe --hard-reboot j power cycle\n",
      );
      expect(exitCode).toBe(exitCodeOfJ(2));
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});
