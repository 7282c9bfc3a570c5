"""Many at once: all come back at the same moment, tabs come and go beside those that stay."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

from tests.chaos import comparison
from tests.chaos.clients.honest import HonestClient, run_clients
from tests.chaos.servers.cluster import Cluster, wait_until_async
from tests.chaos.servers.user_activity import ChaosUser
from tests.chaos.storm import create_users, fork_random, make_random

USERS = 10  # whose sockets they are
PACE = 10.0
STEADY, CHURNING = 100, 20
LONGEST_STAY = 0.6


def make_clients(
    cluster: Cluster, who: Sequence[ChaosUser], number: int, chance: random.Random
) -> list[HonestClient]:
    """Make clients spread over these users, each reading from the first event."""
    return [
        HonestClient(cluster, who[n % len(who)], fork_random(chance), since=who[n % len(who)].start)
        for n in range(number)
    ]


async def all_come_back(cluster: Cluster, seed: int, number: int) -> tuple[list[str], float]:
    """All lines are cut in the same moment. Gives complaints, and the seconds until all is well."""
    chance = make_random(seed)
    listeners = make_clients(cluster, await create_users(USERS), number, chance)
    async with run_clients(listeners, 120.0):
        who = list({one.person.id: one.person for one in listeners}.values())
        await cluster.write(who, seed=seed, pace=PACE)
        began = time.monotonic()
        for one in listeners:
            one.cut()
        await comparison.wait_until_caught_up(listeners)
        await all_live_again(listeners)
        seconds = time.monotonic() - began
        return await comparison.collect_complaints(cluster, listeners), seconds


async def all_live_again(listeners: Sequence[HonestClient]) -> None:
    async def again() -> bool:
        return all(one.state == "live" and one.lives > 1 for one in listeners)

    await wait_until_async(again, lambda: "all live again", 90.0)


async def come_and_go(
    cluster: Cluster, who: Sequence[ChaosUser], seed: int, seconds: float
) -> tuple[list[str], int, int]:
    """Gives complaints, how often the steady ones had to reconnect, and how many tabs came."""
    chance = make_random(seed)
    steady = make_clients(cluster, who, STEADY, chance)
    async with run_clients(steady):
        await cluster.write(who, seed=seed, pace=PACE)
        async with _run_short_tabs(cluster, who, chance) as seen:
            await asyncio.sleep(seconds)
            await comparison.wait_until_caught_up(steady)
        wrong = await comparison.collect_complaints(cluster, steady)
        wrong += [words for one in seen for words in one.audit.wrong]
        return wrong, sum(one.audit.sockets - 1 for one in steady), len(seen)


@asynccontextmanager
async def _run_short_tabs(
    cluster: Cluster, who: Sequence[ChaosUser], chance: random.Random
) -> AsyncIterator[list[HonestClient]]:
    seen: list[HonestClient] = []
    tasks = [
        asyncio.create_task(_open_and_close_tabs(cluster, who, fork_random(chance), seen))
        for _ in range(CHURNING)
    ]
    try:
        yield seen
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task


async def _open_and_close_tabs(
    cluster: Cluster, who: Sequence[ChaosUser], chance: random.Random, seen: list[HonestClient]
) -> None:
    """Open a tab, look for a moment, close it politely or just go; again and again."""
    while True:
        person = chance.choice(who)
        tab = HonestClient(
            cluster, person, fork_random(chance), since=chance.choice([person.start, None])
        )
        seen.append(tab)
        running = asyncio.create_task(tab.run())
        try:
            await asyncio.sleep(chance.uniform(0, LONGEST_STAY))
            if chance.random() < 0.5:
                tab.cut()
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
