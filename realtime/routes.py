"""Where sockets may connect."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from channels.routing import URLRouter
from django.urls import path, re_path

from realtime.consumers import Receive, at_door
from realtime.doors import DOORS
from realtime.sending import Send


async def not_found(scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
    """Refused before anything is accepted; the client sees a failed handshake."""
    await receive()
    await send({"type": "websocket.close", "code": 4404})


def served() -> Iterator[Any]:
    """An ASGI application for each door, where Django's path() expects views."""
    for door in DOORS.values():
        serve: Any = partial(at_door, door)
        yield path(door.path.removeprefix("/"), serve)


nowhere: Any = not_found
websocket = URLRouter([*served(), re_path("", nowhere)])
