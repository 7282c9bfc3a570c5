"""The web server: uvicorn with the limits our sockets need, on our own listener."""

import argparse
import asyncio
import gc
import os
import socket
import sys
from typing import Any

import uvicorn
from django.apps import apps

from config.server.bounded_http import BoundedHttp
from config.server.lean_websocket import LeanSocket

FRAME_BYTES = 64 * 1024
DRAIN_SECONDS = 4
SWITCH_SECONDS = 0.001  # a thread with a query's answer may hold up the event loop this long
UNACKNOWLEDGED_MS = 20_000  # then the kernel drops a client that stopped reading


def open_listener(host: str, port: int, *, shared: bool = False) -> socket.socket:
    """Open the listening socket; `shared` lets the kernel spread connections over processes.

    Processes that accept from one inherited listener get unequal shares: 76 to 420 of 1,000.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if shared:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNACKNOWLEDGED_MS)
    bound.bind((host, port))
    return bound


class DrainingServer(uvicorn.Server):
    """uvicorn that announces itself to other servers and tells sockets to go before it ends."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if apps.ready:  # benches run applications without Django
            from realtime.presence import presence

            presence.get_presence()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        from realtime.presence import presence  # once Django is set up, by the application
        from realtime.socket import hub

        for server in self.servers:  # first, or clients we send away come back here
            server.close()
        for bound in sockets or ():
            bound.close()
        await asyncio.gather(presence.end_presence(), hub.drain_sockets())
        await super().shutdown(sockets)


def make_server(application: Any = "config.asgi:application") -> uvicorn.Server:
    return DrainingServer(
        uvicorn.Config(
            application,
            http=BoundedHttp,
            ws=LeanSocket,
            ws_ping_interval=None,  # our own heartbeat also tells the offset
            ws_max_size=FRAME_BYTES,
            ws_per_message_deflate=False,
            timeout_graceful_shutdown=DRAIN_SECONDS,
            server_header=False,
            proxy_headers=False,  # how many proxies to believe is PROXY_COUNT, see users.addresses
            log_config=None,  # ours, from settings
            access_log=False,  # django-structlog tells each request with its id
        )
    )


def main() -> None:
    arguments = argparse.ArgumentParser(prog="python -m config.server.web", description=__doc__)
    arguments.add_argument("--host", default="127.0.0.1")
    arguments.add_argument("--port", type=int, default=8000)
    arguments.add_argument("--shared", action="store_true", help="other processes listen there too")
    options = arguments.parse_args()
    os.environ.setdefault("FILLWATCH_ROLE", "web")
    sys.setswitchinterval(SWITCH_SECONDS)
    web = make_server()
    web.config.load()
    gc.collect()
    gc.freeze()  # the collector would scan all loaded modules and hold up every socket
    web.run(sockets=[open_listener(options.host, options.port, shared=options.shared)])


if __name__ == "__main__":
    main()
