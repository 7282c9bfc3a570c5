"""A line between a client and a server that is slow, or goes dead without a word."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit

NARROW = 16_384  # bytes that the line itself holds: what is more waits at the server
SILENT = 30.0


class SlowProxy:
    """A relay on loopback; `rate` is bytes a second, None for as fast as can be."""

    def __init__(self, address: str, rate: float | None = None) -> None:
        parts = urlsplit(address)
        self._to = (parts.hostname or "", parts.port or 0)
        self.rate = rate
        self._age = 0  # lines of an earlier one are dead
        self._pumps: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    @property
    def door(self) -> str:
        assert self._server
        return f"ws://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/ws/"

    def die(self) -> None:
        """From now on nothing gets through, and nobody is told; who comes anew has a good line."""
        self._age += 1

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._joined, "127.0.0.1", 0)

    async def close(self) -> None:
        assert self._server
        self._server.close()
        for pump in self._pumps:
            pump.cancel()
        await asyncio.gather(*self._pumps, return_exceptions=True)

    async def _joined(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await connect_narrow(*self._to)
        except OSError:
            writer.transport.abort()
            return
        for pump in (self._pump(reader, far_writer), self._pump(far_reader, writer)):
            self._pumps.add(asyncio.create_task(pump))

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        age = self._age
        try:
            with suppress(OSError):
                while data := await source.read(NARROW):
                    if age < self._age:
                        await asyncio.sleep(SILENT)  # neither word nor end
                        return
                    if self.rate:
                        await asyncio.sleep(len(data) / self.rate)
                    sink.write(data)
                    await sink.drain()
        finally:
            sink.transport.abort()


async def connect_narrow(host: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection that takes in little at a time."""
    plain = socket.socket()
    plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, NARROW)
    plain.setblocking(False)
    try:
        await asyncio.get_running_loop().sock_connect(plain, (host, port))
    except BaseException:  # whatever ended the attempt: nobody else knows of this socket
        plain.close()
        raise
    return await asyncio.open_connection(sock=plain, limit=NARROW)


@asynccontextmanager
async def run_proxy(address: str, rate: float | None = None) -> AsyncIterator[SlowProxy]:
    made = SlowProxy(address, rate)
    await made.open()
    try:
        yield made
    finally:
        await made.close()
