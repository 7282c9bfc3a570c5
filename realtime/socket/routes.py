"""Where sockets may connect."""

from collections.abc import Awaitable, Mapping
from typing import Final

from realtime.endpoints import DOORS, Door
from realtime.socket.consumers import Receive, Scope, at_door
from realtime.socket.sending import Send

AT: Final[Mapping[str, Door]] = {door.path: door for door in DOORS.values()}


def websocket(scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
    """A dictionary of six: every layer in between holds memory for each socket, all its life."""
    if door := AT.get(scope["path"]):
        return at_door(door, scope, receive, send)
    return not_found(receive, send)


async def not_found(receive: Receive, send: Send) -> None:
    """Refused before anything is accepted; the client sees a failed handshake."""
    await receive()
    await send({"type": "websocket.close", "code": 4404})
