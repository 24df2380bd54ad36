import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { pythonPeer } from "../peers/python.ts";
import { pythonSession, runPython } from "../peers/python-run.ts";
import { root } from "../../scripts/step.ts";
import { startOurs } from "./ours.ts";

const firmware = (name: string): string => join(root, "fixtures", "boards", "arduino", name);
const hasPython = pythonPeer() !== undefined || process.env["CI"] === "true";

describe.skipIf(!hasPython)("an unmodified Python client (set up by node e2e/peers/python.ts)", () => {
  let exporter: Awaited<ReturnType<typeof startOurs>>;
  let directory: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "jumpstarter-interop-"));
    exporter = await startOurs(`
export:
  power: { type: jumpstarter_driver_power.driver.MockPower, description: The rail }
  echo: { type: jumpstarter_driver_network.driver.EchoNetwork }
  serial: { type: jumpstarter_driver_pyserial.driver.PySerial, config: { url: "loop://" } }
  group:
    children:
      same: { ref: power }
  board:
    type: "@jumpstarter-ts/driver-arduino"
    config: { firmware: ${firmware("uno.hex")} }
`);
  });

  afterAll(async () => {
    await exporter.close();
    await rm(directory, { recursive: true, force: true });
  });

  it("builds its device tree from our report, proxies included", async () => {
    const answer = await pythonSession(
      exporter.host,
      `
answer = {
  "children": sorted(client.children),
  "power": type(client.power).__name__,
  "proxy": type(client.group.same).__name__,
  "same": client.group.same.uuid == client.power.uuid,
}`,
    );

    expect(answer).toEqual({
      children: ["board", "echo", "group", "power", "serial"],
      power: "PowerClient",
      proxy: "PowerClient",
      same: true,
    });
  });

  it("calls methods with one answer and methods with many", async () => {
    const answer = await pythonSession(
      exporter.host,
      `
client.power.on()
client.power.cycle(0)
answer = [[r.voltage, r.current] for r in client.power.read()]`,
    );

    expect(answer).toEqual([
      [0, 0],
      [5, 2],
    ]);
  });

  it("maps our errors to its classes", async () => {
    const answer = await pythonSession(
      exporter.host,
      `
def name(call):
    try:
        call()
    except Exception as error:
        return type(error).__name__
answer = [
  name(lambda: client.power.call("explode")),
  name(lambda: client.power.call("read")),
  name(lambda: client.serial.call("set_dtr", "high")),
  name(lambda: list(client.power.streamingcall("on"))),
]`,
    );

    expect(answer).toEqual([
      "DriverMethodNotImplemented",
      "DriverMethodNotImplemented",
      "DriverInvalidArgument",
      "DriverError",
    ]);
  });

  it("streams 8 MiB through a driver byte-exact, and its half-close comes back as ours", async () => {
    const answer = await pythonSession(
      exporter.host,
      `
import hashlib, os, socket, threading
from jumpstarter_driver_network.adapters import TcpPortforwardAdapter
data = os.urandom(8 * 1024 * 1024)
with TcpPortforwardAdapter(client=client.echo) as address:
    s = socket.create_connection(address)
    def feed():
        s.sendall(data)
        s.shutdown(socket.SHUT_WR)
    feeder = threading.Thread(target=feed); feeder.start()
    digest = hashlib.sha256()
    while chunk := s.recv(65536):
        digest.update(chunk)
    feeder.join()
answer = digest.hexdigest() == hashlib.sha256(data).hexdigest()`,
    );

    expect(answer).toBe(true);
  });

  it("expects on our consoles, flashes and dumps through resource streams", async () => {
    const answer = await pythonSession(
      exporter.host,
      `
def version():
    with client.board.console.pexpect() as p:
        client.board.power.cycle(0)
        p.expect("> ", timeout=10)
        p.sendline("version")
        p.expect("jumpstarter-uno ([0-9.]+)\\s", timeout=10)
        return p.match.group(1).decode()
before = version()
client.board.flasher.flash(${JSON.stringify(firmware("uno-v2.hex"))})
after = version()
client.board.flasher.dump("dump.hex")
client.board.power.off()
answer = [before, after]`,
      directory,
    );

    expect(answer).toEqual(["1.0.0", "2.0.0"]);
    expect(await readFile(join(directory, "dump.hex"), "utf8")).toMatch(/^:[0-9A-F]{10}/);
  });

  it("refuses a firmware that is not one with a sentence that Python shows", async () => {
    await writeFile(join(directory, "readme.txt"), "this is no firmware\n");

    const answer = await pythonSession(
      exporter.host,
      `
try:
    client.board.flasher.flash("readme.txt")
    answer = None
except Exception as error:
    while hasattr(error, "exceptions"):
        error = error.exceptions[0]
    answer = [type(error).__name__, str(error)]`,
      directory,
    );

    expect(answer).toEqual(["DriverInvalidArgument", expect.stringContaining("HEX")]);
  });

  it("runs 50 calls at a time", async () => {
    const answer = await pythonSession(
      exporter.host,
      `
from concurrent.futures import ThreadPoolExecutor
with ThreadPoolExecutor(50) as pool:
    answer = len([r for batch in pool.map(lambda _: list(client.power.read()), range(50)) for r in batch])`,
    );

    expect(answer).toBe(100);
  });

  it("builds its command line from our report", async () => {
    const help = await runPython("j", ["--help"], { host: exporter.host });
    const read = await runPython("j", ["power", "read"], { host: exporter.host });
    const unknown = await runPython("j", ["power", "explode"], { host: exporter.host });

    expect(help.stdout).toMatch(/power\s+The rail/);
    expect([read.exitCode, read.stdout]).toEqual([0, expect.stringContaining("voltage=5.0 V  current=2.0 A")]);
    expect(unknown.exitCode).toBe(1);
  });
});
