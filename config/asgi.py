"""The web process: pages and API by Django, sockets by realtime."""

import os
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from django.core.asgi import get_asgi_application

http = get_asgi_application()

from bots import hook_gate  # noqa: E402 (these need the app registry)
from realtime import figures  # noqa: E402
from realtime.routes import websocket  # noqa: E402

SERVED: Any = {
    "http": hook_gate.guarded(http),
    "websocket": websocket,
    "lifespan": figures.lifespan,
}


async def application(scope: Any, receive: Any, send: Any) -> None:
    await SERVED[scope["type"]](scope, receive, send)
