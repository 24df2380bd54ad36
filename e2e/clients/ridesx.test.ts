import { once } from "node:events";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

import { connect } from "@jumpstarter-ts/client";
import { power } from "@jumpstarter-ts/driver-power";
import { rideSx, rideSxPower } from "@jumpstarter-ts/driver-ridesx";
import { serial } from "@jumpstarter-ts/driver-serial";
import { storage } from "@jumpstarter-ts/driver-storage";
import { describe, expect, it, vi } from "vitest";

import { startPythonExporter } from "../peers/python-exporter.ts";
import { pythonPeer } from "../peers/python.ts";

const known = [rideSx, rideSxPower, serial, storage, power];
const registry = { definition: async (label: string) => known.find(({ contract }) => contract.label === label) };

/** Stands in for fastboot: one board, and a line for every call with the size of what is written. */
const fastboot = `#!/bin/sh
case "$*" in
  devices*) printf 'ABC123\\tfastboot\\n' ;;
  *flash*) for last; do :; done; echo "flash $4 $(wc -c < "$last")" >> "$(dirname "$0")/calls" ;;
  *) echo "$@" >> "$(dirname "$0")/calls" ;;
esac
`;

/** The board's command console: repeats what it is told, agrees, and prompts. */
async function startConsole() {
  const commands: string[] = [];
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.on("data", (chunk) => {
      commands.push(...chunk.toString().trim().split("\r"));
      socket.write(`${chunk.toString()}\r\nok\r\nCMD >> `);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  // A listening TCP server has a port.
  const { port } = server.address() as AddressInfo;
  return { url: `socket://127.0.0.1:${port}`, commands, [Symbol.dispose]: () => void server.close() };
}

async function startLab() {
  const directory = await mkdtemp(join(tmpdir(), "jumpstarter-ridesx-"));
  await writeFile(join(directory, "fastboot"), fastboot);
  await chmod(join(directory, "fastboot"), 0o755);
  const console = await startConsole();
  const port = `{ type: jumpstarter_driver_pyserial.driver.PySerial, config: { url: "${console.url}", check_present: false } }`;
  vi.stubEnv("PATH", `${directory}${delimiter}${process.env["PATH"]}`);
  const exporter = await startPythonExporter(`export:
  board:
    type: jumpstarter_driver_ridesx.driver.RideSXDriver
    config: { storage_dir: ${JSON.stringify(join(directory, "storage"))} }
    children: { serial: ${port} }
  power:
    type: jumpstarter_driver_ridesx.driver.RideSXPowerDriver
    children: { serial: ${port} }
`).finally(() => vi.unstubAllEnvs());
  const session = await connect({ host: exporter.host, registry, allow: ["UNSAFE"] });
  return {
    board: session.device("board").as(rideSx),
    power: session.device("power").as(rideSxPower),
    commands: console.commands,
    calls: async () => (await readFile(join(directory, "calls"), "utf8")).trim().split("\n"),
    async [Symbol.asyncDispose]() {
      await session[Symbol.asyncDispose]();
      await exporter[Symbol.asyncDispose]();
      console[Symbol.dispose]();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

describe.skipIf(pythonPeer() === undefined && process.env["CI"] !== "true")("a RideSX of a Python exporter", () => {
  it("is flashed through fastboot with images that were uploaded, and started", async () => {
    await using lab = await startLab();

    // The way into fastboot takes the driver eleven seconds.
    await lab.board.flash({ boot: new Uint8Array(100_000), userdata: Buffer.from("data") }, { boot: false });
    await expect(lab.board.erasePartition("misc", { boot: false })).resolves.toBe("");

    const calls = await lab.calls();
    // A Python driver gets the partitions of one flash in any order: on the wire they have none.
    expect(calls.slice(0, 2).toSorted()).toEqual(["flash boot 100000", "flash userdata 4"]);
    expect(calls.slice(2)).toEqual(["-s ABC123 continue", "-s ABC123 erase misc"]);
    expect(lab.board.power).toBeUndefined();
  });

  it("is switched off by the exporter over its console", async () => {
    await using lab = await startLab();
    await lab.power.off();
    expect(lab.commands).toContain("devicePower 0");
    await expect(lab.power.rescue()).rejects.toMatchObject({ code: "unsupported" });
  });
});
