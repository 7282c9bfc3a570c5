"""Celery's Redis transport, mended so that workers survive a broker that dies."""

from typing import Any

from kombu.transport import TRANSPORT_ALIASES, redis


class BrokerChannel(redis.Channel):
    def _connparams(self, asynchronous: bool = False) -> Any:
        """Raise an error that Celery handles when the connection is already closed.

        kombu 5.7 raises AttributeError here when a message of the lost connection is acknowledged
        or rejected, and that ends the whole worker.
        """
        if self.connection.client is None:
            raise ConnectionError("the broker connection of this channel is closed")
        return super()._connparams(asynchronous)  # type: ignore[misc]  # the stubs do not know it


class Transport(redis.Transport):
    Channel = BrokerChannel


def register_transport() -> None:
    TRANSPORT_ALIASES["redis"] = TRANSPORT_ALIASES["rediss"] = "config.redis_setup.broker:Transport"
