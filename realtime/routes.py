"""Where sockets may connect."""

from collections.abc import Mapping
from typing import Any

from channels.routing import URLRouter
from django.urls import path, re_path

from realtime.consumers import Receive, Send, stream_socket


async def not_found(scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
    """Refused before anything is accepted; the client sees a failed handshake."""
    await receive()
    await send({"type": "websocket.close", "code": 4404})


doors: Any = {"ws/": stream_socket}  # ASGI applications, where Django's path() expects views
nowhere: Any = not_found
websocket = URLRouter([*(path(at, door) for at, door in doors.items()), re_path("", nowhere)])
