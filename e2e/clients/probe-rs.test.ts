import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { connect } from "@jumpstarter-ts/client";
import { probeRs } from "@jumpstarter-ts/driver-probe-rs";
import { describe, expect, it } from "vitest";

import { startPythonExporter } from "../peers/python-exporter.ts";
import { pythonPeer } from "../peers/python.ts";

const registry = { definition: async (label: string) => (label === probeRs.contract.label ? probeRs : undefined) };

/** Stands in for the tool: writes down how it was called, and answers as the tool would. */
const tool = `#!/bin/sh
echo "$@" | sed 's| /.*| FILE|' >> "$(dirname "$0")/calls"
case "$1" in
  info) echo "probe of $PROBE_RS_CHIP" ;;
  download) wc -c < "$2" ;;
  read) [ "$3" = 0x20000000 ] && echo "deadbeef 00000010" ;;
  erase) echo "no target" >&2; exit 3 ;;
esac
`;

async function startLab() {
  const directory = await mkdtemp(join(tmpdir(), "jumpstarter-probe-"));
  const path = join(directory, "probe-rs");
  await writeFile(path, tool);
  await chmod(path, 0o755);
  const exporter = await startPythonExporter(`export:
  probe:
    type: jumpstarter_driver_probe_rs.driver.ProbeRs
    config: { probe_rs_path: ${JSON.stringify(path)}, chip: nRF52840_xxAA }
`);
  const session = await connect({ host: exporter.host, registry, allow: ["UNSAFE"] });
  return {
    probe: session.device("probe").as(probeRs),
    calls: async () => (await readFile(join(directory, "calls"), "utf8")).trim().split("\n"),
    async [Symbol.asyncDispose]() {
      await session[Symbol.asyncDispose]();
      await exporter[Symbol.asyncDispose]();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

describe.skipIf(pythonPeer() === undefined && process.env["CI"] !== "true")("probe-rs of a Python exporter", () => {
  it("runs the tool for every method, with what the tool expects", async () => {
    await using lab = await startLab();

    await expect(lab.probe.info()).resolves.toBe("probe of nRF52840_xxAA\n");
    await expect(lab.probe.reset()).resolves.toBe("");
    await expect(lab.probe.download(new Uint8Array(100_000))).resolves.toMatch(/^\s*100000\n$/);
    const words = await lab.probe.read({ widthBits: 32, address: 0x2000_0000, words: 2 });

    expect(words).toEqual([0xdead_beef, 0x10]);
    await expect(lab.calls()).resolves.toEqual(["info", "reset", "download FILE", "read b32 0x20000000 2"]);
  });

  it("tells a failed read, which the driver hides, and cannot tell a failed erase", async () => {
    await using lab = await startLab();
    await expect(lab.probe.erase()).resolves.toBe("");
    await expect(lab.probe.read({ widthBits: 32, address: 0 })).rejects.toMatchObject({
      reason: "PROBE_RS_READ_FAILED",
    });
  });
});
