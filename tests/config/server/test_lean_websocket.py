"""The thinner socket does what uvicorn's does, and holds no more than it needs."""

import asyncio
import gc
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from config.server import lean_websocket
from config.server.lean_websocket import LeanSocket, MessageQueue, WriteGate
from tests.realtime.socket.wire import web_thread
from tests.services import wait_until


async def echo(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] != "websocket":
        return
    await receive()
    chosen = next(iter(scope["subprotocols"]), None)
    await send({"type": "websocket.accept", "subprotocol": chosen})
    while (message := await receive())["type"] != "websocket.disconnect":
        if message.get("text") == "end":
            await send({"type": "websocket.close", "code": 4001, "reason": "Enough."})
            await send({"type": "websocket.send", "text": "too late"})
        await send({**message, "type": "websocket.send"})


@pytest.fixture(scope="module")
def address(valkey: None) -> Iterator[str]:
    with web_thread(0, echo) as found:
        yield found


def test_every_length_of_a_frame(address: str) -> None:
    with connect(address, subprotocols=["a"], compression=None, max_size=None) as socket:  # type: ignore[list-item]
        assert socket.subprotocol == "a"
        for text in ("", "x" * 125, "x" * 126, "ü" * 20_000, "x" * 60_000, "", "again", "again"):
            socket.send(text)
            assert socket.recv(timeout=20) == text
        socket.send(b"bytes")
        assert socket.recv(timeout=20) == b"bytes"


def test_lengths_beyond_what_a_client_may_send() -> None:
    framed = lean_websocket._frame_text("x" * 70_000)
    assert framed[:10] == b"\x81\x7f" + (70_000).to_bytes(8, "big")


def test_the_same_text_is_framed_once() -> None:
    text = "x" * 1000
    assert lean_websocket._frame_text(text) is lean_websocket._frame_text(text)
    assert lean_websocket._frame_text("other")[2:] == b"other"


def test_nothing_comes_after_the_end(address: str) -> None:
    with connect(address, compression=None) as socket:
        socket.send("end")
        with pytest.raises(ConnectionClosed) as closed:
            socket.recv(timeout=20)
    assert closed.value.rcvd
    assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (4001, "Enough.")


def test_the_handshake_is_forgotten(address: str) -> None:
    """Also that no attribute is new, which would bring a large dict back."""
    secret = "x" * 100
    with connect(address, compression=None, additional_headers={"Secret": secret}) as socket:
        socket.send("ping")
        socket.recv(timeout=20)
        found = [one for one in gc.get_objects() if type(one) is LeanSocket]
        (held,) = [one for one in found if one.client == socket.local_address]
        assert held.__dict__ == {}
        assert held.request is None
        gc.collect()
        headers = [one for one in gc.get_objects() if type(one) is Headers]
        assert len([one for one in headers if "Secret" in one]) == 1  # the client's own
    wait_until(lambda: not held.connections, what="the socket gone")


def test_a_line_and_a_gate() -> None:
    async def use() -> None:
        line, gate = MessageQueue(), WriteGate()
        waiting = asyncio.create_task(line.get())
        await asyncio.sleep(0)
        for number in (1, 2, 3):
            line.put_nowait(number)
        assert [await waiting, await line.get(), line.empty()] == [1, 2, False]
        gate.set()
        await gate.wait()
        gate.clear()
        one, other = (asyncio.create_task(gate.wait()) for _ in range(2))
        await asyncio.sleep(0)
        one.cancel()
        await asyncio.sleep(0)
        assert not other.done()
        gate.set()
        await other

    asyncio.run(use())


def test_whoever_gives_up_waiting_leaves_the_line_in_order() -> None:
    async def use() -> None:
        line = MessageQueue()
        waiting = asyncio.create_task(line.get())
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.sleep(0)
        line.put_nowait(1)
        assert await line.get() == 1

    asyncio.run(use())


def test_that_a_socket_came_is_no_line_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    loud = logging.getLogger("uvicorn.error")
    caplog.set_level("INFO", logger="uvicorn.error")
    loud.info('%s - "WebSocket %s" [accepted]', "127.0.0.1:1", "/ws/")
    loud.info("connection open")
    loud.info("Started server process [%d]", 1)
    assert [record.message for record in caplog.records] == ["Started server process [1]"]
