"""Whoever breaks WebSocket itself is cut off by the server below us; that is no mistake of ours."""

import asyncio
from typing import Any

import pytest
from uvicorn.protocols.utils import ClientDisconnected

from config.server.lean_websocket import LeanSocket, WriteGate


@pytest.mark.parametrize(
    "message",
    [{"type": "websocket.send", "text": "{}"}, {"type": "websocket.close", "code": 4000}],
)
def test_what_is_sent_after_that_says_so(message: dict[str, Any]) -> None:
    """The sender was about to send when a broken frame came; of its end it hears later."""
    socket = LeanSocket.__new__(LeanSocket)
    socket.writable, socket.disconnected, socket.initial_response = WriteGate(), False, None
    socket.handshake_initiated = socket.handshake_complete = socket.close_sent = True
    with pytest.raises(ClientDisconnected):
        asyncio.run(socket.send(message))
