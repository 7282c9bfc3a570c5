"""A listener at a venue's own stream: everything that was heard, and a way to wait for more."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

from exchanges.base import Adapter, FillReport, OrderReport, StreamUpdate


class StreamListener:
    def __init__(self) -> None:
        self.heard: list[StreamUpdate] = []
        self.changed = asyncio.Event()

    def hear(self, heard: StreamUpdate) -> None:
        self.heard.append(heard)
        self.changed.set()

    async def until(self, enough: Callable[[], Any]) -> Any:
        async with asyncio.timeout(10):
            while not (found := enough()):
                self.changed.clear()
                await self.changed.wait()
        return found

    def reports_of(self, name: str) -> list[OrderReport]:
        """All that was said of an order, by our name of it."""
        reports = [report for heard in self.heard for report in heard.orders]
        return [one for one in reports if one.client_order_id == name]

    def last(self, name: str) -> tuple[str, Decimal | None]:
        """The status last said, and how much was filled then."""
        reports = [one for one in self.reports_of(name) if one.status != "unknown"]
        return (reports[-1].status, reports[-1].filled) if reports else ("", None)

    def orders(self, name: str) -> list[OrderReport]:
        """What was said of an order; its fills come apart."""
        return [one for one in self.reports_of(name) if not one.fills]

    def fills(self, name: str) -> list[FillReport]:
        return [fill for one in self.reports_of(name) for fill in one.fills]

    def statuses(self, name: str) -> list[str]:
        return [report.status for report in self.orders(name)]


@asynccontextmanager
async def listen_to(venue: Adapter) -> AsyncIterator[StreamListener]:
    listener, connected = StreamListener(), asyncio.Event()
    task = asyncio.create_task(venue.follow_stream(listener.hear, connected=connected.set))
    waiting = asyncio.create_task(connected.wait())
    await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
    try:
        if task.done():
            task.result()
        yield listener
    finally:
        for one in (task, waiting):
            one.cancel()
        await asyncio.gather(task, waiting, return_exceptions=True)
