import { createHash } from "node:crypto";
import { once } from "node:events";
import type { Socket } from "node:net";
import { connect as connectSocket } from "node:net";

import { readAll } from "@jumpstarter-ts/core";
import type { RunningExporter } from "@jumpstarter-ts/exporter";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { freeTcpPort } from "../clients/free-port.ts";
import { pythonSession, runPython, startPython } from "../peers/python-run.ts";
import { pythonPeer } from "../peers/python.ts";
import { createLab, serveFile, type Lab } from "./lab.ts";
import { startOurs } from "./ours.ts";

const hasPython = pythonPeer() !== undefined || process.env["CI"] === "true";

/** Python's exceptions come wrapped in groups. */
const failureOf = `
def failure(call):
    try:
        call()
    except Exception as error:
        while hasattr(error, "exceptions"):
            error = error.exceptions[0]
        return [type(error).__name__, str(error)]
`;

describe.skipIf(!hasPython)("our drivers, driven by an unmodified Python client", () => {
  let lab: Lab;
  let exporter: RunningExporter;
  const session = (script: string): Promise<unknown> =>
    pythonSession(exporter.host, `import os\n${failureOf}\n${script}`, lab.directory);
  const j = (...args: readonly string[]) => runPython("j", args, { host: exporter.host, cwd: lab.directory });

  beforeAll(async () => {
    lab = await createLab();
    exporter = await startOurs(lab.exportYaml);
  });

  afterAll(async () => {
    await exporter?.close();
    await lab?.[Symbol.asyncDispose]();
  });

  it("have a storage that answers every call of its client", async () => {
    const answer = await session(`
s = client.storage
with open("local", "wb") as f: f.write(b"x" * 300000)
s.write_bytes("a.txt", b"hello")
s.create_dir("d/")
s.copy("a.txt", "d/b.txt")
s.rename("d/b.txt", "d/c.txt")
s.write_from_path("big", "local")
s.read_into_path("big", "back")
f = s.open("a.txt", "rb")
cursor = [f.readable, f.writable, f.seekable, f.seek(2), f.tell(), f.read_bytes().decode()]
f.close()
m = s.stat("big")
answer = {
  "text": s.read_bytes("a.txt").decode(),
  "back": open("back", "rb").read() == open("local", "rb").read(),
  "stat": [m.content_length, m.mode.is_file(), s.stat("d/").mode.is_dir()],
  "hash": [s.hash("a.txt"), s.hash("a.txt", "md5")],
  "list": sorted(s.list("")),
  "scan": sorted(s.scan("")),
  "exists": [s.exists("d/c.txt"), s.exists("no")],
  "cursor": cursor[2:] if not callable(cursor[0]) else [f.closed if not callable(f.closed) else f.closed()] + cursor[3:],
  "capability": [s.capability().read, s.capability().presign],
  "missing": failure(lambda: s.read_bytes("missing"))[0],
  "presign": [failure(lambda: call("a.txt", 10))[0] for call in (s.presign_stat, s.presign_read, s.presign_write)],
  "outside": failure(lambda: s.read_bytes("../../etc/passwd")),
  "created": sorted(s.get_created_resources()),
}
s.remove_all("d/")
s.delete("a.txt")
answer["left"] = sorted(s.list(""))`);

    expect(answer).toMatchObject({
      text: "hello",
      back: true,
      stat: [300_000, true, true],
      hash: ["2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824", "5d41402abc4b2a76b9719d911017c592"],
      list: ["/", "a.txt", "big", "d/"],
      scan: ["/", "a.txt", "big", "d/", "d/c.txt"],
      exists: [true, false],
      cursor: [true, 2, 2, "llo"],
      capability: [true, false],
      missing: "DriverMethodNotImplemented",
      presign: Array.from({ length: 3 }, () => "DriverMethodNotImplemented"),
      outside: ["DriverError", expect.stringContaining("leads out of the storage's root")],
      left: ["/", "big"],
    });
  });

  it("have flashers and muxes that take and give every encoding", async () => {
    const answer = await session(`
import bz2, gzip, lzma
from backports import zstd
packers = {"gzip": gzip, "xz": lzma, "bz2": bz2, "zstd": zstd}
data = os.urandom(300000)
def same(name): return open(name, "rb").read() == data
answer = {}
for name, packer in packers.items():
    with open("image", "wb") as f: f.write(packer.compress(data))
    client.flasher.flash("image", compression=name)
    client.flasher.dump("plain")
    client.flasher.dump("packed", compression=name)
    answer[name] = [same("plain"), packer.decompress(open("packed", "rb").read()) == data]
client.mux.host()
client.mux.write_local_file("plain")
client.mux.read_local_file("from-mux")
client.mux.dut()
client.mux.off()
client.sdwire.flash("plain")
client.sdwire.dump("from-sdwire")
answer["mux"] = [same("from-mux"), same("from-sdwire")]`);

    const both = [true, true];
    expect(answer).toEqual({ gzip: both, xz: both, bz2: both, zstd: both, mux: both });
  });

  it("fetch by themselves what the client names by its URL", async () => {
    await using web = await serveFile(Buffer.alloc(300_000, "image"));

    const answer = await session(`
client.flasher.flash("${web.url}/image.bin")
client.flasher.dump("from-url")
client.storage.write_from_path("from-url", "${web.url}/image.bin")
answer = [os.path.getsize("from-url"), client.storage.stat("from-url").content_length, client.storage.hash("from-url")]`);

    expect(answer).toEqual([300_000, 300_000, createHash("sha256").update(web.content).digest("hex")]);
  });

  it("have networks of every kind, through which 64 MiB pass byte-exact both ways", async () => {
    const answer = await session(`
import hashlib, socket, threading
from jumpstarter_driver_network.adapters import TcpPortforwardAdapter
answer = {"address": client.tcp.address().split(":")[0]}
for name in ["echo", "tcp", "udp", "unix", "websocket"]:
    with client.children[name].stream() as stream:
        stream.send(b"hello")
        answer[name] = stream.receive().decode()
piece = os.urandom(1024 * 1024)
sent, received, count = hashlib.sha256(), hashlib.sha256(), 0
with TcpPortforwardAdapter(client=client.tcp) as address:
    s = socket.create_connection(address)
    def feed():
        for i in range(64):
            data = piece[i * 1000:] + piece[:i * 1000]
            sent.update(data)
            s.sendall(data)
        s.shutdown(socket.SHUT_WR)
    feeder = threading.Thread(target=feed); feeder.start()
    while chunk := s.recv(262144):
        received.update(chunk); count += len(chunk)
    feeder.join()
answer["large"] = [count, sent.hexdigest() == received.hexdigest()]`);

    expect(answer).toEqual({
      address: "tcp",
      echo: "hello",
      tcp: "hello",
      udp: "hello",
      unix: "hello",
      websocket: "hello",
      large: [64 * 1024 ** 2, true],
    });
  }, 60_000);

  it("log to its log stream and tell their status", async () => {
    const answer = await session(`
from google.protobuf import empty_pb2
from jumpstarter_protocol import jumpstarter_pb2
client.mux.host()
async def look():
    async for record in client.stub.LogStream(empty_pb2.Empty()):
        if "connected to the host" in record.message:
            status = await client.stub.GetStatus(jumpstarter_pb2.GetStatusRequest())
            return [record.severity, record.message, record.source, status.status]
answer = client.portal.call(look)`);

    // LOG_SOURCE_DRIVER and EXPORTER_STATUS_LEASE_READY.
    expect(answer).toEqual(["INFO", "storage connected to the host", 1, 4]);
  });

  it("answer to `j`: power, a proxy, a mux, a flasher, an address", async () => {
    const finished = await Promise.all([
      j("power", "cycle", "--wait", "0"),
      j("group", "same", "on"),
      j("mux", "host"),
      j("tcp", "address"),
    ]);

    expect(finished.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0, 0]);
    expect(finished.at(-1)?.stdout).toMatch(/^127\.0\.0\.1:\d+\n$/);
  });

  it("carry `j serial pipe` to a pseudo-terminal and back", async () => {
    await using pipe = startPython("j", ["serial", "pipe"], { host: exporter.host });

    // It sends when its input ends, and goes on listening.
    pipe.stdin.end("hello\n");
    const [sent] = await once(lab.pty.received, "data");
    await lab.pty.send("login: ");

    expect(String(sent)).toContain("hello");
    expect(await pipe.printed(/login: /)).toContain("login: ");
  });

  it("carry `j tcp forward-tcp`", async () => {
    const port = await freeTcpPort();
    await using forward = startPython("j", ["tcp", "forward-tcp", "--address", "127.0.0.1", String(port)], {
      host: exporter.host,
    });
    await forward.printed(/127\.0\.0\.1:\d+/);

    const socket = connectSocket({ host: "127.0.0.1", port, allowHalfOpen: true });
    socket.end("through both");

    expect(String(Buffer.from(await readAll(socket)))).toBe("through both");
  });

  it("let go of what a client held that died in the middle, and serve the next", async () => {
    const connected = once(lab.tcp, "connection");
    const script = `
import time
from jumpstarter.utils.env import env
with env() as client:
    with client.tcp.stream() as stream:
        stream.send(b"held")
        print("HELD", stream.receive(), flush=True)
        time.sleep(60)`;
    await using client = startPython("python", ["-c", script], { host: exporter.host });
    await client.printed(/HELD/);
    // A connection event carries the socket.
    const [socket] = (await connected) as [Socket];
    const closed = once(socket, "close");

    client.kill();

    await closed;
    expect((await j("power", "on")).exitCode).toBe(0);
  });
});
