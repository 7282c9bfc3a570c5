"""Clients that do not behave, beside those that do."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from random import Random

from tests.chaos import comparison
from tests.chaos.account_changes import tabs
from tests.chaos.clients.honest import Listener, listening
from tests.chaos.clients.raw_websocket import PING, Raw, frame, joined
from tests.chaos.clients.slow_network import line
from tests.chaos.servers.cluster import Town, in_thread
from tests.chaos.servers.user_activity import Person, pour
from tests.chaos.storm import fork, people, seeded
from tests.realtime.socket.wire import token

PACE = 20.0
EACH = 3  # of every kind
TORRENT = 4_000  # events, which fill whatever lies between the server and who does not read
SLOW = 20_000  # bytes a second
SUBSCRIBE = b'{"type":"subscribe","data":{"since":null}}'


async def never_reads(raw: Raw, chance: Random) -> None:
    """It speaks, so it is not silent; it takes in nothing."""
    await raw.send(frame(SUBSCRIBE))
    await _while_taken(raw, lambda: frame(b'{"type":"pong","data":{}}'), every=0.5)


async def reads_bytes(raw: Raw, chance: Random) -> None:
    """One at a time."""
    await raw.send(frame(SUBSCRIBE))
    async for _ in _bytes(raw):
        await asyncio.sleep(0.001)


async def floods(raw: Raw, chance: Random) -> None:
    """As many frames as the line takes, good ones and large ones."""
    words = [
        frame(SUBSCRIBE),
        frame(b'{"type":"ping"}'),
        frame(json.dumps({"type": "pong", "data": {"seq": "9" * 15_000}}).encode()),
        frame(b"x" * 100, PING),
    ]
    await _while_taken(raw, lambda: chance.choice(words) * 20, every=0)


async def asks_for_everything(raw: Raw, chance: Random) -> None:
    """Begins anew from the first event again and again, and takes in nothing of it."""
    again = frame(b'{"type":"subscribe","data":{"since":{"epoch":"x","seq":0}}}')
    await _while_taken(raw, lambda: again, every=0.06)


async def _while_taken(raw: Raw, words: Callable[[], bytes], *, every: float) -> None:
    taken = True
    while taken:
        taken = await raw.send(words())
        await asyncio.sleep(every)


async def _bytes(raw: Raw) -> AsyncIterator[bytes]:
    while byte := await raw.reader.read(1):
        yield byte


KINDS: Sequence[Callable[[Raw, Random], Awaitable[None]]] = (
    never_reads,
    reads_bytes,
    floods,
    asks_for_everything,
)


async def beside_honest_ones(town: Town, seed: int, seconds: float) -> tuple[list[str], list[int]]:
    """Gives complaints, and how many sockets each steady client needed."""
    chance = seeded(seed)
    who = await people(3)
    steady = tabs(town, who, 2, chance)
    async with line(town.addresses[0], SLOW) as slow:
        crawling = Listener(town, who[0], fork(chance), since=who[0].start, door=lambda: slow.door)
        async with listening([*steady, crawling]), _misbehaving(town, who, chance):
            await town.write(who, seed=seed, pace=PACE)
            for person in who:
                await in_thread(pour, person, TORRENT)
            await asyncio.sleep(seconds)
            await comparison.caught_up(steady)
            slow.rate = None
            complaints = await comparison.judged(town, [*steady, crawling])
    return complaints, [one.ledger.sockets for one in steady]


@asynccontextmanager
async def _misbehaving(town: Town, who: Sequence[Person], chance: Random) -> AsyncIterator[None]:
    tasks = [
        asyncio.create_task(_again_and_again(town, person, kind, fork(chance)))
        for kind in KINDS
        for person in [chance.choice(who) for _ in range(EACH)]
    ]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        for error in ended:
            if not isinstance(error, asyncio.CancelledError | None):
                raise error


async def _again_and_again(
    town: Town,
    person: Person,
    behave: Callable[[Raw, Random], Awaitable[None]],
    chance: Random,
) -> None:
    """Whoever is thrown out comes back at once."""
    while True:
        raw = await joined(town.door(chance), token(person.user))
        try:
            await behave(raw, chance)
        except OSError:
            pass  # thrown out
        finally:
            raw.cut()
        await asyncio.sleep(0.05)
