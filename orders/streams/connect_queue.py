"""Open streams no faster than their venue allows: one waits, the others queue behind it."""

import asyncio
from collections import defaultdict

import structlog

from exchanges.limits import connect_rate
from exchanges.models import ExchangeKey
from orders.streams import threads

log = structlog.get_logger(__name__)


class ConnectQueue:
    """One queue per process; between processes the count in Redis decides."""

    def __init__(self) -> None:
        self._queues: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def wait_turn(self, key: ExchangeKey) -> None:
        async with self._queues[connect_rate.get_counter_name(key)]:
            while seconds := await threads.writing.run(connect_rate.request_connect, key):
                log.debug("stream waits to open", key=key.pk, seconds=round(seconds, 1))
                await asyncio.sleep(seconds)
