import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { freeUdpPort } from "../clients/free-port.ts";
import { pythonSession } from "../peers/python-run.ts";
import { pythonPeer } from "../peers/python.ts";
import { startOurs } from "./ours.ts";

const isReady = pythonPeer() !== undefined && existsSync("/usr/bin/curl");

describe.skipIf(!isReady && process.env["CI"] !== "true")("our tftp driver and Python's client", () => {
  it("serve what the client puts there, until it stops the server", async () => {
    const directory = await mkdtemp(join(tmpdir(), "jumpstarter-interop-"));
    await writeFile(join(directory, "image"), Buffer.alloc(300_000, "image"));
    const port = await freeUdpPort();
    const exporter = await startOurs(`
export:
  tftp:
    type: jumpstarter_driver_tftp.driver.Tftp
    config: { root_dir: ${directory}/tftpboot, host: 127.0.0.1, port: ${port} }
`);
    try {
      const answer = await pythonSession(
        exporter.host,
        `
import subprocess
def get(name):
    command = ["curl", "--silent", "--connect-timeout", "5", f"tftp://{t.get_host()}:{int(t.get_port())}/{name}"]
    done = subprocess.run(command, capture_output=True)
    return [done.returncode, done.stdout]
t = client.tftp
t.start()
t.storage.write_from_path("Image", "image")
answer = {
  "where": [t.get_host(), t.get_port()],
  "whole": get("Image")[1] == open("image", "rb").read(),
  "absent": get("absent")[0],
}
t.stop()`,
        directory,
      );

      // 68: there is no such file.
      expect(answer).toEqual({ where: ["127.0.0.1", port], whole: true, absent: 68 });
      expect(existsSync(join(directory, "tftpboot"))).toBe(true);
    } finally {
      await exporter.close();
      await rm(directory, { recursive: true });
    }
  });
});
