"""Clients for measurements: real sockets in one thread, and when each frame came."""

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from bench.support.whole_installation import WholeInstallation, wait_for
from realtime.client.stream import StreamClient, socket_address

Frame = dict[str, Any]


@dataclass
class TimedTab:
    user: str
    frames: list[tuple[float, Frame]] = field(default_factory=list)

    @property
    def is_live(self) -> bool:
        return any(frame["type"] == "live" for _, frame in self.frames)

    @property
    def events(self) -> list[Frame]:
        return [frame for _, frame in self.frames if "seq" in frame]

    async def listen(self, ours: WholeInstallation) -> None:
        async def token() -> str:
            return ours.token(self.user)

        url = socket_address(ours.url, "/ws/")
        async for frame in StreamClient(url, token, first_delay=0.2).frames():
            self.frames.append((time.perf_counter(), frame))


@contextmanager
def open_tabs(ours: WholeInstallation, users: list[str]) -> Iterator[list[TimedTab]]:
    """A socket for each name, live before the block begins."""
    tabs = [TimedTab(user) for user in users]
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    for tab in tabs:
        asyncio.run_coroutine_threadsafe(tab.listen(ours), loop)
    try:
        wait_for(lambda: all(tab.is_live for tab in tabs), "all sockets live", 30)
        yield tabs
    finally:
        asyncio.run_coroutine_threadsafe(_cancel_tasks(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _cancel_tasks() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
