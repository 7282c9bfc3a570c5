"""The web process: pages and API by Django, sockets by Channels."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from django.core.asgi import get_asgi_application

http = get_asgi_application()

from channels.routing import ProtocolTypeRouter  # noqa: E402 (these need the app registry)

from realtime import figures  # noqa: E402
from realtime.routes import websocket  # noqa: E402

application = ProtocolTypeRouter(
    {"http": http, "websocket": websocket, "lifespan": figures.lifespan}
)
