"""WebSocket by hand, for those who do not keep to it."""

import asyncio
import os
import struct
from urllib.parse import urlsplit

from tests.chaos.clients.slow_network import connect_narrow
from tests.realtime.socket.wire import bearer

TEXT, BINARY, CLOSE, PING = 1, 2, 8, 9


def build_frame(
    payload: bytes,
    opcode: int = TEXT,
    *,
    final: bool = True,
    masked: bool = True,
    reserved: int = 0,
    says: int | None = None,
) -> bytes:
    """One frame; `says` is a length other than the true one."""
    length = len(payload) if says is None else says
    first = (final << 7) | (reserved << 4) | opcode
    second = masked << 7
    if length < 126:
        head = struct.pack("!BB", first, second | length)
    elif length < 2**16:
        head = struct.pack("!BBH", first, second | 126, length)
    else:
        head = struct.pack("!BBQ", first, second | 127, length)
    if not masked:
        return head + payload
    mask = os.urandom(4)
    return head + mask + bytes(byte ^ mask[n % 4] for n, byte in enumerate(payload))


class RawWebSocket:
    """A connection that takes in little at a time, and never by itself."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def send(self, data: bytes) -> bool:
        """Send, and return whether the server still reads."""
        try:
            self.writer.write(data)
            async with asyncio.timeout(5):
                await self.writer.drain()
        except (OSError, TimeoutError):
            return False
        return not self.writer.is_closing()

    async def rest(self, seconds: float = 10.0) -> bytes:
        """Read until the server hangs up."""
        found = b""
        async with asyncio.timeout(seconds):
            try:
                while data := await self.reader.read(4096):
                    found += data
            except OSError:
                pass
        return found

    def cut(self) -> None:
        self.writer.transport.abort()


async def open_websocket(door: str, token: str = "") -> RawWebSocket:
    """After the handshake, which is as it should be."""
    parts = urlsplit(door)
    raw = RawWebSocket(*await connect_narrow(parts.hostname or "", parts.port or 0))
    protocols = f"Sec-WebSocket-Protocol: {', '.join(bearer(token))}\r\n" if token else ""
    raw.writer.write(
        f"GET {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        f"Sec-WebSocket-Version: 13\r\n{protocols}\r\n".encode()
    )
    await raw.writer.drain()
    async with asyncio.timeout(20):
        await raw.reader.readuntil(b"\r\n\r\n")
    return raw


async def exchange_bytes(address: str, words: bytes) -> bytes:
    """Send any bytes and return the answer until the server hangs up."""
    parts = urlsplit(address)
    raw = RawWebSocket(*await connect_narrow(parts.hostname or "", parts.port or 0))
    try:
        await raw.send(words)
        raw.writer.write_eof()
        return await raw.rest()
    finally:
        raw.cut()
