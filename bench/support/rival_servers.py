"""Servers that others would write, measured with the same uvicorn and settings as ours.

echo       a bare ASGI socket
broadcast  one list of sockets; a message is awaited to one after the other
channels   a bare Channels consumer on RedisChannelLayer
pubsub     the same on RedisPubSubChannelLayer
"""

import argparse
import asyncio
from typing import Any, Final
from urllib.parse import parse_qs

LAYERS: Final = {
    "channels": "channels_redis.core.RedisChannelLayer",
    "pubsub": "channels_redis.pubsub.RedisPubSubChannelLayer",
}
PREFIX: Final = "peers"
TOPIC: Final = "peers.broadcast"


def layer_config(name: str, redis_url: str) -> dict[str, Any]:
    """redis-py's own time-out of five seconds would cut every consumer that waits for longer."""
    host = {"address": redis_url, "socket_timeout": None} if name == "channels" else redis_url
    return {"BACKEND": LAYERS[name], "CONFIG": {"hosts": [host], "prefix": PREFIX}}


async def echo_messages(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] != "websocket":
        return await _answer_page(send)
    await receive()
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] != "websocket.disconnect":
        await send({"type": "websocket.send", "text": message["text"]})


async def _answer_page(send: Any) -> None:
    """Says only that the server is there."""
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


class BroadcastServer:
    """The connection manager of the tutorials, fed from one Redis channel."""

    def __init__(self, redis_url: str) -> None:
        self.redis_url = redis_url
        self.sockets: dict[str, list[Any]] = {}
        self.task: asyncio.Task[None] | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "websocket":
            return await _answer_page(send)
        if self.task is None:
            self.task = asyncio.create_task(self.listen())
        await receive()
        await send({"type": "websocket.accept"})
        mine = self.sockets.setdefault(_read_user(scope), [])
        mine.append(send)
        try:
            while (await receive())["type"] != "websocket.disconnect":
                pass
        finally:
            mine.remove(send)

    async def listen(self) -> None:
        from redis.asyncio import Redis

        async with Redis.from_url(self.redis_url).pubsub() as channel:
            await channel.subscribe(TOPIC)
            async for message in channel.listen():
                if message["type"] == "message":
                    user, _, text = message["data"].decode().partition(" ")
                    for send in list(self.sockets.get(user, ())):
                        await send({"type": "websocket.send", "text": text})


def build_consumer(name: str, redis_url: str) -> Any:
    import django
    from django.conf import settings

    settings.configure(CHANNEL_LAYERS={"default": layer_config(name, redis_url)})
    django.setup()
    from channels.generic.websocket import AsyncWebsocketConsumer

    class Consumer(AsyncWebsocketConsumer):  # type: ignore[misc]
        async def connect(self) -> None:
            await self.channel_layer.group_add(f"user.{_read_user(self.scope)}", self.channel_name)
            await self.accept()

        async def disconnect(self, code: int) -> None:
            await self.channel_layer.group_discard(
                f"user.{_read_user(self.scope)}", self.channel_name
            )

        async def told(self, message: Any) -> None:
            await self.send(text_data=message["frame"])

    served = Consumer.as_asgi()

    async def application(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "websocket":
            return await _answer_page(send)
        await served(scope, receive, send)

    return application


def _read_user(scope: Any) -> str:
    return str(parse_qs(scope["query_string"].decode())["user"][0])


def main() -> None:
    from config.server import web

    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("name", choices=["echo", "broadcast", *LAYERS])
    arguments.add_argument("--port", type=int)
    arguments.add_argument("--redis")
    options = arguments.parse_args()
    if options.name == "echo":
        application: Any = echo_messages
    elif options.name == "broadcast":
        application = BroadcastServer(options.redis)
    else:
        application = build_consumer(options.name, options.redis)
    web.make_server(application).run(sockets=[web.open_listener("127.0.0.1", options.port)])


if __name__ == "__main__":
    main()
