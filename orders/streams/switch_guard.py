"""Keep the dead man's switch of a venue that counts from the loss of the private socket.

The socket tells the venue that Fillwatch is alive. So it is given up when no sweep comes: a stream
alone, without a worker that checks and acts, must not keep the orders alive.
"""

import asyncio
from dataclasses import dataclass
from typing import Final, Protocol

from django.utils import timezone

from exchanges import pool, venues
from exchanges.base import Adapter, VenueDown
from exchanges.models import ExchangeKey
from orders.dead_mans_switch.renewal import STREAM_SLACK, is_sweep_recent
from orders.streams import threads

TURN_SECONDS: Final = 1.0


class GuardedStream(Protocol):
    """A key's stream, as a guard needs it; its `key` is replaced when the row is read anew."""

    key: ExchangeKey

    @property
    def is_live(self) -> bool: ...


async def guard_stream(stream: GuardedStream) -> None:
    """Have the socket count for the switch while it is on; raise when no sweep comes."""
    spec = venues.get(stream.key.venue).get_switch(stream.key.market)
    if spec is None or not spec.by_socket:
        await asyncio.Event().wait()  # until it is cancelled with the stream
    guard = SocketGuard(stream)
    while True:
        await asyncio.sleep(TURN_SECONDS)
        if stream.is_live:
            await guard.take_turn()


@dataclass
class SocketGuard:
    stream: GuardedStream
    counts: bool = False  # the venue counts from the loss of this socket
    lone_turns: int = 0  # without a sweep; Redis may be away for a moment

    async def take_turn(self) -> None:
        is_wanted = is_switched_on(self.stream.key)
        if not (is_wanted or self.counts):
            return
        is_watched = await threads.writing.run(is_sweep_recent, timezone.now())
        self.lone_turns = 0 if is_watched else self.lone_turns + 1
        if is_wanted and self.counts and self.lone_turns >= STREAM_SLACK.total_seconds():
            raise VenueDown("no sweep comes: the dead man's switch is left to run out")
        self.counts = is_wanted and (is_watched or self.counts)
        await pool.call_async(self.stream.key, self._tell_venue)

    async def _tell_venue(self, venue: Adapter) -> None:
        await venue.guard_stream(on=self.counts)


def is_switched_on(key: ExchangeKey) -> bool:
    switch = getattr(key, "switch", None)
    return switch is not None and switch.seconds > 0
