"""The web process: pages and API by Django, sockets by Channels."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from django.core.asgi import get_asgi_application

http = get_asgi_application()

from channels.routing import ProtocolTypeRouter  # noqa: E402 (needs the app registry)

from config.server import body_limits, lifespan, probes  # noqa: E402
from realtime.socket.routes import EndpointRouter, websocket_urlpatterns  # noqa: E402

application = ProtocolTypeRouter(
    {
        "http": probes.answer_probes(body_limits.limit_bodies(http)),
        "websocket": EndpointRouter(websocket_urlpatterns),
        "lifespan": lifespan.handle_lifespan,
    }
)
