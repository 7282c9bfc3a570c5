"""Celery's way to Redis, for workers that outlive a broker which dies under them."""

from typing import Any

from kombu.transport import TRANSPORT_ALIASES, redis


class Channel(redis.Channel):
    def _connparams(self, asynchronous: bool = False) -> Any:
        """A channel of a connection that was closed says so in words that Celery understands.

        Kombu 5.7 fails here with an AttributeError when a message of the lost connection is
        acknowledged or given back, and that ends the whole worker.
        """
        if self.connection.client is None:
            raise ConnectionError("the broker connection of this channel is closed")
        return super()._connparams(asynchronous)  # type: ignore[misc]  # the stubs do not know it


class Transport(redis.Transport):
    Channel = Channel


def use() -> None:
    TRANSPORT_ALIASES["redis"] = TRANSPORT_ALIASES["rediss"] = "config.redis_setup.broker:Transport"
