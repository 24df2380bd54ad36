"""The exporter's side of the wire benchmarks: streams in one direction, calls that do nothing, a log to read."""

import os
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from anyio import EndOfStream, Event, sleep_forever
from anyio.abc import ObjectStream
from jumpstarter.client import DriverClient
from jumpstarter.driver import Driver, export, exportstream


class BenchClient(DriverClient):
    """Everything is called by its name."""


class Source(ObjectStream[bytes]):
    def __init__(self, chunks, *, ends=True):
        self.chunks = chunks
        self.ends = ends

    async def receive(self):
        chunk = next(self.chunks, None)
        if chunk is not None:
            return chunk
        if not self.ends:
            await sleep_forever()
        raise EndOfStream

    async def send(self, item):
        pass

    async def send_eof(self):
        pass

    async def aclose(self):
        pass


class Sink(ObjectStream[bytes]):
    """Answers with one byte when everything has arrived."""

    def __init__(self):
        self.complete = Event()
        self.answered = False

    async def receive(self):
        await self.complete.wait()
        if self.answered:
            raise EndOfStream
        self.answered = True
        return b"k"

    async def send(self, item):
        pass

    async def send_eof(self):
        self.complete.set()

    async def aclose(self):
        self.complete.set()


@dataclass(kw_only=True)
class Bench(Driver):
    log: str
    _chunk_bytes: int = field(default=65536, init=False)
    _total_bytes: int = field(default=0, init=False)

    @classmethod
    def client(cls) -> str:
        return "wire_driver.BenchClient"

    @export
    def noop(self):
        pass

    @export
    def pid(self):
        return os.getpid()

    @export
    def configure(self, chunk_bytes, total_bytes):
        self._chunk_bytes = int(chunk_bytes)
        self._total_bytes = int(total_bytes)

    @export
    async def items(self, count):
        for index in range(int(count)):
            yield {"voltage": 5.0, "current": float(index)}

    @exportstream
    @asynccontextmanager
    async def source(self):
        chunk = bytes(self._chunk_bytes)
        yield Source(iter([chunk] * (self._total_bytes // self._chunk_bytes)))

    @exportstream
    @asynccontextmanager
    async def sink(self):
        yield Sink()

    @exportstream
    @asynccontextmanager
    async def console(self):
        with open(self.log, "rb") as file:
            file.seek(-self._total_bytes, os.SEEK_END)
            yield Source(iter(lambda: file.read(self._chunk_bytes) or None, None), ends=False)
