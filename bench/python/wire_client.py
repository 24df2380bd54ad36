"""The client's side of the wire benchmarks with Python's own library: a JSON command a line, a JSON answer a line."""

import json
import re
import socket
import sys
import time

import anyio
from jumpstarter.utils.env import env
from jumpstarter_driver_network.adapters import PexpectAdapter, TcpPortforwardAdapter
from pexpect.fdpexpect import fdspawn


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def mb_per_second(total, started):
    return {"mbPerSecond": total / 1e6 / (time.perf_counter() - started)}


class Commands:
    def __init__(self, client):
        self.client = client
        self.bench = client.children["bench"]

    def run(self, command):
        name = command.pop("do")
        return getattr(self, name)(**command)

    def unary(self, count, inFlight):
        return self.client.portal.call(self._unary, count, inFlight)

    async def _unary(self, count, in_flight):
        times = []

        async def caller():
            for _ in range(count // in_flight):
                started = time.perf_counter()
                await self.bench.call_async("noop")
                times.append(time.perf_counter() - started)

        started = time.perf_counter()
        async with anyio.create_task_group() as group:
            for _ in range(in_flight):
                group.start_soon(caller)
        seconds = time.perf_counter() - started
        return {
            "p50": percentile(times, 0.5) * 1e3,
            "p99": percentile(times, 0.99) * 1e3,
            "perSecond": len(times) / seconds,
        }

    def items(self, count):
        async def work():
            seen = 0
            started = time.perf_counter()
            async for _ in self.bench.streamingcall_async("items", count):
                seen += 1
            return {"perSecond": seen / (time.perf_counter() - started)}

        return self.client.portal.call(work)

    def up(self, chunkBytes, totalBytes):
        async def work():
            chunk = bytes(chunkBytes)
            async with self.bench.stream_async("sink") as stream:
                started = time.perf_counter()
                for _ in range(totalBytes // chunkBytes):
                    await stream.send(chunk)
                await stream.send_eof()
                await stream.receive()
                return mb_per_second(totalBytes, started)

        return self.client.portal.call(work)

    def down(self, chunkBytes, totalBytes):
        self.bench.call("configure", chunkBytes, totalBytes)

        async def work():
            seen = 0
            started = time.perf_counter()
            async with self.bench.stream_async("source") as stream:
                async for chunk in stream:
                    seen += len(chunk)
                assert seen == totalBytes, seen
                return mb_per_second(totalBytes, started)

        return self.client.portal.call(work)

    def echo(self, count):
        async def work():
            payload = bytes(64)
            times = []
            async with self.client.children["echo"].stream_async("connect") as stream:
                for _ in range(count):
                    started = time.perf_counter()
                    await stream.send(payload)
                    await stream.receive()
                    times.append(time.perf_counter() - started)
            return {"p50": percentile(times, 0.5) * 1e3}

        return self.client.portal.call(work)

    def write(self, path, totalBytes):
        started = time.perf_counter()
        self.client.children["storage"].write_from_path("image", path)
        return mb_per_second(totalBytes, started)

    def read(self, path, totalBytes):
        started = time.perf_counter()
        self.client.children["storage"].read_into_path("image", path)
        return mb_per_second(totalBytes, started)

    def flash(self, path, totalBytes, encoding=None):
        started = time.perf_counter()
        self.client.children["flasher"].flash(path, compression=encoding)
        return mb_per_second(totalBytes, started)

    def waitFor(self, totalBytes, chunkBytes, pattern, tuned):
        self.bench.call("configure", chunkBytes, totalBytes)
        expected = re.compile(pattern.encode())
        if not tuned:
            with PexpectAdapter(client=self.bench, method="console") as console:
                started = time.perf_counter()
                console.expect(expected, timeout=300)
                return {"ms": (time.perf_counter() - started) * 1e3}
        with TcpPortforwardAdapter(client=self.bench, method="console") as address:
            with socket.create_connection(address) as connection:
                console = fdspawn(connection, maxread=65536, searchwindowsize=2000)
                started = time.perf_counter()
                console.expect(expected, timeout=300)
                return {"ms": (time.perf_counter() - started) * 1e3}

    def pid(self):
        return {"pid": self.bench.call("pid")}


with env() as client:
    commands = Commands(client)
    print("ANSWER={}", flush=True)
    for line in sys.stdin:
        answer = commands.run(json.loads(line))
        # Progress bars may share the output.
        print("\nANSWER=" + json.dumps(answer), flush=True)
