"""Where sockets may connect: one path for each endpoint."""

from typing import Any

from django.urls import path, re_path

from realtime.endpoints import DOORS
from realtime.socket.consumers import NotFoundConsumer, StreamConsumer

websocket_urlpatterns: list[Any] = [
    *(
        path(endpoint.path.lstrip("/"), StreamConsumer.as_asgi(endpoint=endpoint))
        for endpoint in DOORS.values()
    ),
    re_path("", NotFoundConsumer.as_asgi()),  # URLRouter itself raises, which servers log as a bug
]
