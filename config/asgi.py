"""The web process: pages and API by Django, sockets by realtime."""

import os
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from django.core.asgi import get_asgi_application

http = get_asgi_application()

from bots.signals import webhook_body_limit  # noqa: E402 (these need the app registry)
from realtime.metrics import snapshot  # noqa: E402
from realtime.socket.routes import websocket  # noqa: E402

SERVED: Any = {
    "http": webhook_body_limit.guarded(http),
    "websocket": websocket,
    "lifespan": snapshot.lifespan,
}


async def application(scope: Any, receive: Any, send: Any) -> None:
    await SERVED[scope["type"]](scope, receive, send)
