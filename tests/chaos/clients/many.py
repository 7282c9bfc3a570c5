"""Many at once: all come back at the same moment, tabs come and go beside those that stay."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

from tests.chaos import comparison
from tests.chaos.clients.honest import Listener, listening
from tests.chaos.servers.cluster import Town, until
from tests.chaos.servers.user_activity import Person
from tests.chaos.storm import fork, people, seeded

USERS = 10  # whose sockets they are
PACE = 10.0
STEADY, CHURNING = 100, 20
LONGEST_STAY = 0.6


def crowd(town: Town, who: Sequence[Person], number: int, chance: random.Random) -> list[Listener]:
    """So many sockets, spread over these people; everybody hears all from the beginning."""
    return [
        Listener(town, who[n % len(who)], fork(chance), since=who[n % len(who)].start)
        for n in range(number)
    ]


async def all_come_back(town: Town, seed: int, number: int) -> tuple[list[str], float]:
    """All lines are cut in the same moment. Gives complaints, and the seconds until all is well."""
    chance = seeded(seed)
    listeners = crowd(town, await people(USERS), number, chance)
    async with listening(listeners, 120.0):
        who = list({one.person.id: one.person for one in listeners}.values())
        await town.write(who, seed=seed, pace=PACE)
        began = time.monotonic()
        for one in listeners:
            one.cut()
        await comparison.caught_up(listeners)
        await all_live_again(listeners)
        seconds = time.monotonic() - began
        return await comparison.judged(town, listeners), seconds


async def all_live_again(listeners: Sequence[Listener]) -> None:
    async def again() -> bool:
        return all(one.state == "live" and one.lives > 1 for one in listeners)

    await until(again, lambda: "all live again", 90.0)


async def come_and_go(
    town: Town, who: Sequence[Person], seed: int, seconds: float
) -> tuple[list[str], int, int]:
    """Gives complaints, how often the steady ones had to reconnect, and how many tabs came."""
    chance = seeded(seed)
    steady = crowd(town, who, STEADY, chance)
    async with listening(steady):
        await town.write(who, seed=seed, pace=PACE)
        async with _churning(town, who, chance) as seen:
            await asyncio.sleep(seconds)
            await comparison.caught_up(steady)
        wrong = await comparison.judged(town, steady)
        wrong += [words for one in seen for words in one.ledger.wrong]
        return wrong, sum(one.ledger.sockets - 1 for one in steady), len(seen)


@asynccontextmanager
async def _churning(
    town: Town, who: Sequence[Person], chance: random.Random
) -> AsyncIterator[list[Listener]]:
    seen: list[Listener] = []
    tasks = [asyncio.create_task(_restless(town, who, fork(chance), seen)) for _ in range(CHURNING)]
    try:
        yield seen
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task


async def _restless(
    town: Town, who: Sequence[Person], chance: random.Random, seen: list[Listener]
) -> None:
    """Open a tab, look for a moment, close it politely or just go; again and again."""
    while True:
        person = chance.choice(who)
        tab = Listener(town, person, fork(chance), since=chance.choice([person.start, None]))
        seen.append(tab)
        running = asyncio.create_task(tab.run())
        try:
            await asyncio.sleep(chance.uniform(0, LONGEST_STAY))
            if chance.random() < 0.5:
                tab.cut()
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
