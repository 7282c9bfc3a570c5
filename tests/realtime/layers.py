"""The channel layers that Fillwatch runs on: ours, the stock one, and the one in memory."""

from typing import Any

from django.conf import settings

OURS = "realtime.layer.BatchingChannelLayer"
STOCK = "channels_redis.pubsub.RedisPubSubChannelLayer"
IN_MEMORY = "channels.layers.InMemoryChannelLayer"
BACKENDS = (OURS, STOCK, IN_MEMORY)


def with_backend(backend: str) -> Any:
    """Return CHANNEL_LAYERS with this layer in the place of ours, on the same Redis."""
    config = settings.CHANNEL_LAYERS["default"]["CONFIG"]
    return {"default": {"BACKEND": backend, "CONFIG": {} if backend == IN_MEMORY else config}}
