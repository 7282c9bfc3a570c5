"""Headers that come too slowly or take too much room end their connection."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from config.server.bounded_http import MOST_HEADER_BYTES, BoundedHttp

REQUEST = b"POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 2\r\n\r\nhi"
CHUNKS = b"POST / HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n"
Line = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class ImpatientHttp(BoundedHttp):
    header_seconds = 0.1


async def echo(scope: Any, receive: Any, send: Any) -> None:
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    names = b",".join(name for name, _ in scope["headers"])
    headers = [(b"content-length", str(len(body)).encode()), (b"x-names", names)]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@asynccontextmanager
async def connect(protocol: type[BoundedHttp]) -> AsyncIterator[Line]:
    config = uvicorn.Config(echo, http=protocol, ws="none", lifespan="off", log_config=None)
    config.load()
    state = ServerState()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: protocol(config, state, {}), "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    try:
        yield reader, writer
    finally:
        writer.close()
        server.close()
        await server.wait_closed()


async def read_all(reader: asyncio.StreamReader) -> bytes:
    async with asyncio.timeout(20):
        return await reader.read()


@pytest.mark.parametrize("sent", [b"POST / HTTP/1.1\r\nHost: he", b"P"])
async def test_half_a_head_is_answered_and_closed(sent: bytes) -> None:
    async with connect(ImpatientHttp) as (reader, writer):
        writer.write(sent)
        answer = await read_all(reader)
    assert answer.startswith(b"HTTP/1.1 408 Request Timeout\r\n")
    assert answer.endswith(b"\r\n\r\nThe headers did not come in time.")


async def test_a_connection_that_says_nothing_is_closed_without_words() -> None:
    async with connect(ImpatientHttp) as (reader, _):
        assert await read_all(reader) == b""


async def test_the_time_is_for_each_request_of_a_connection() -> None:
    async with connect(ImpatientHttp) as (reader, writer):
        writer.write(REQUEST)
        assert await reader.readuntil(b"hi")
        writer.write(REQUEST[:20])
        assert (await read_all(reader)).startswith(b"HTTP/1.1 408")


async def test_a_body_may_take_longer_than_its_headers() -> None:
    async with connect(ImpatientHttp) as (reader, writer), connect(ImpatientHttp) as (later, half):
        writer.write(REQUEST[:-1])
        half.write(REQUEST[:20])
        assert (await read_all(later)).startswith(b"HTTP/1.1 408")  # so long has the body waited
        writer.write(REQUEST[-1:])
        assert (await reader.readuntil(b"hi")).startswith(b"HTTP/1.1 200")


async def test_endless_headers_are_cut() -> None:
    head = b"GET / HTTP/1.1\r\nHost: here\r\nX: "
    async with connect(BoundedHttp) as (reader, writer):
        writer.write(head + b"x" * (MOST_HEADER_BYTES - len(head)))
        await writer.drain()
        writer.write(b"x")
        assert (await read_all(reader)).startswith(b"HTTP/1.1 431")


async def test_a_large_body_is_not_taken_for_headers() -> None:
    size = MOST_HEADER_BYTES * 4
    request = REQUEST.replace(b"Length: 2", b"Length: %d" % size).removesuffix(b"hi") + b"x" * size
    async with connect(BoundedHttp) as (reader, writer):
        for _ in range(2):
            writer.write(request)
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
            assert len(await reader.readexactly(size)) == size


async def test_a_header_after_the_body_counts_for_nothing() -> None:
    """A proxy hands it on, behind the X-Forwarded-For that it has written itself."""
    async with connect(BoundedHttp) as (reader, writer):
        writer.write(CHUNKS + b"X-Forwarded-For: 9.9.9.9\r\n\r\n")
        answer = await reader.readuntil(b"\r\n\r\nhi")
    assert b"x-names: host,transfer-encoding\r\n" in answer


async def test_endless_headers_after_the_body_are_cut() -> None:
    async with connect(BoundedHttp) as (reader, writer):
        writer.write(CHUNKS + b"X: ")
        for _ in range(3):
            writer.write(b"x" * MOST_HEADER_BYTES)
        with contextlib.suppress(ConnectionError):  # it is cut while the client still sends
            assert await read_all(reader) == b""


async def test_a_large_chunk_is_not_taken_for_headers() -> None:
    size = MOST_HEADER_BYTES * 4
    chunk = b"%x\r\n" % size + b"x" * size + b"\r\n"
    async with connect(BoundedHttp) as (reader, writer):
        writer.write(CHUNKS.replace(b"2\r\nhi\r\n", chunk) + b"\r\n")
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
        assert len(await reader.readexactly(size)) == size
