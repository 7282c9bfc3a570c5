"""The paths of the sockets: one for each endpoint."""

from collections.abc import Awaitable
from typing import Any

from channels.routing import URLRouter
from django.urls import re_path

from realtime.endpoints import ENDPOINTS
from realtime.socket.consumers import StreamConsumer
from realtime.socket.sending import Receive, Scope, Send


async def refuse_handshake(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer where no socket is. URLRouter itself would raise, which servers log as a bug."""
    await receive()
    await send({"type": "websocket.close", "code": 4404})


websocket_urlpatterns: list[Any] = [
    *(
        re_path(f"^{endpoint.path.strip('/')}/?$", StreamConsumer.as_asgi(endpoint=endpoint))
        for endpoint in ENDPOINTS.values()
    ),
    re_path("", refuse_handshake),  # type: ignore[arg-type]  # an ASGI application
]


class EndpointRouter(URLRouter):  # type: ignore[misc]  # channels is untyped
    """URLRouter, but it hands on the scope itself and has ended when the consumer begins.

    Of a copy, the original would be held as long as the socket lives: 3 KB, mostly headers.
    """

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        relative = scope["path"][len(scope.get("root_path", "")) :].lstrip("/")
        callback = next(
            route.callback for route in self.routes if route.pattern.match(relative) is not None
        )
        application: Awaitable[None] = callback(scope, receive, send)
        return application
