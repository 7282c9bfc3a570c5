"""uvicorn's WebSocket with less memory: drop the handshake, and build equal frames once.

An idle socket of uvicorn holds 9 KB that it never needs again: headers, the answer, and a queue and
an event with three deques of 600 bytes each. Its behaviour is unchanged.
"""

import asyncio
import struct
from typing import Any

from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.protocol import OPEN

Message = Any


class MessageQueue:
    """The part of asyncio.Queue that uvicorn uses: one reader, few messages."""

    __slots__ = ("_messages", "_waiting")

    def __init__(self) -> None:
        self._messages: list[Message] = []
        self._waiting: asyncio.Future[None] | None = None

    def put_nowait(self, message: Message) -> None:
        self._messages.append(message)
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)

    async def get(self) -> Message:
        while not self._messages:
            self._waiting = asyncio.get_running_loop().create_future()
            try:
                await self._waiting
            finally:
                self._waiting = None
        return self._messages.pop(0)

    def empty(self) -> bool:
        return not self._messages


class WriteGate:
    """The part of asyncio.Event that uvicorn uses: set unless the client reads slowly."""

    __slots__ = ("_opens",)

    def __init__(self) -> None:
        self._opens: asyncio.Future[None] | None = None

    def set(self) -> None:
        if self._opens is not None:
            self._opens.set_result(None)
            self._opens = None

    def clear(self) -> None:
        if self._opens is None:
            self._opens = asyncio.get_running_loop().create_future()

    async def wait(self) -> None:
        while self._opens is not None:
            await asyncio.shield(self._opens)  # others may wait for the same


class LeanSocket(WebSocketsSansIOProtocol):
    """Keep attributes in slots: a dict for so many takes 1.6 KB; new attributes still work."""

    __slots__ = (
        *("config", "app", "loop", "logger", "root_path", "asgi_version", "app_state"),
        *("connections", "tasks", "default_headers", "transport", "server", "client", "scheme"),
        *("queue", "handshake_initiated", "handshake_complete", "close_sent", "disconnected"),
        *("close_timer", "close_timeout", "initial_response", "conn", "read_paused", "writable"),
        *("ping_interval", "ping_timeout", "ping_timer", "pong_timer", "pending_ping_payload"),
        *("ping_sent_at", "last_ping_rtt", "frames", "curr_msg_data_type"),
        *("scope", "request", "response"),
    )
    queue: Any
    writable: Any
    scope: Any
    request: Any
    response: Any

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.queue, self.writable = MessageQueue(), WriteGate()

    async def send(self, message: Message) -> None:
        if self.handshake_complete and self.close_sent:
            raise ClientDisconnected  # it broke the protocol and was closed before we knew
        text = message.get("text")
        if text is None or not self._is_open():
            await super().send(message)
            if message["type"] == "websocket.accept":
                self._drop_handshake()
            return
        await self.writable.wait()
        if self.disconnected or self.conn.state is not OPEN:
            raise ClientDisconnected
        self.transport.write(_frame_text(text))

    def _drop_handshake(self) -> None:
        """Free the request: uvicorn's frame parser would hold it for the socket's life."""
        self.request.headers.clear()
        self.scope = self.request = self.response = None

    def _is_open(self) -> bool:
        return self.handshake_complete and not self.close_sent and self.initial_response is None


_latest: tuple[str, bytes] = ("", b"\x81\x00")


def _frame_text(text: str) -> bytes:
    """Encode a text frame; keep the latest, as one text goes to many sockets in a row."""
    global _latest
    if text is not _latest[0]:
        payload = text.encode()
        _latest = (text, _frame_head(len(payload)) + payload)
    return _latest[1]


def _frame_head(length: int) -> bytes:
    """Return the header of an unmasked text frame, as servers send them."""
    if length < 126:
        return struct.pack("!BB", 0x81, length)
    if length < 65_536:
        return struct.pack("!BBH", 0x81, 126, length)
    return struct.pack("!BBQ", 0x81, 127, length)
