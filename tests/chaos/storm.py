"""One fault after the other while people write and listen, and what each of them cost."""

import asyncio
import os
import random
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress

import redis

from tests.chaos import comparison
from tests.chaos.clients.honest import HonestClient, run_clients
from tests.chaos.clients.slow_network import SlowProxy, run_proxy
from tests.chaos.report import VERDICTS, FaultCost, StormReport, Totals
from tests.chaos.servers import resources
from tests.chaos.servers.cluster import Cluster, in_thread, wait_until_async
from tests.chaos.servers.faults import FAULTS, FaultInjector
from tests.chaos.servers.user_activity import ChaosUser, create_user

PEOPLE, TABS, WRITERS = 4, 3, 2
SHORT_HOLDS, LONG_HOLDS = (0.3, 1.0), (0.5, 9.0)
PACE = 25.0  # moves a second of each writer
ORDERS_ONLY = frozenset({"orders"})


def read_seed() -> int:
    """CHAOS_SEED repeats a run; else each is another."""
    return int(os.environ.get("CHAOS_SEED") or random.SystemRandom().randrange(10**6))


def read_seconds() -> float:
    """CHAOS_SECONDS makes a run longer than the short form."""
    return float(os.environ.get("CHAOS_SECONDS") or 0)


def make_random(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 (the same each time)


async def create_users(number: int) -> list[ChaosUser]:
    return [await in_thread(create_user, f"person{n}") for n in range(number)]


def fork_random(chance: random.Random) -> random.Random:
    """For one of many at the same time: what it does depends on nobody else's pace."""
    return random.Random(chance.random())  # noqa: S311 (no secret)


async def run_storm(
    cluster: Cluster, seed: int, seconds: float, faults: Sequence[str]
) -> StormReport:
    """Each of these faults at least once, in an order of chance, and more until time is over."""
    chance, report = make_random(seed), StormReport(seed)
    crowd = await create_users(PEOPLE)
    ends = time.monotonic() + seconds
    async with AsyncExitStack() as stack:
        lines = [await stack.enter_async_context(run_proxy(one)) for one in cluster.addresses]
        listeners = [
            _open_tab(cluster, who, chance, n, lines) for who in crowd for n in range(TABS)
        ]
        injector = FaultInjector(
            cluster, listeners, chance, LONG_HOLDS if seconds else SHORT_HOLDS, lines
        )
        await stack.enter_async_context(run_clients(listeners))
        for number in range(WRITERS):
            await cluster.write(crowd, seed=seed + number, pace=PACE)
        await _events_flow()
        waiting = chance.sample(faults, len(faults))
        while waiting:
            report.rows.append(await _strike_once(injector, waiting.pop()))
            if not waiting and time.monotonic() < ends:
                waiting = chance.sample(faults, len(faults))
        report.complaints = await comparison.collect_complaints(cluster, listeners)
    return report


def _open_tab(
    cluster: Cluster,
    person: ChaosUser,
    chance: random.Random,
    number: int,
    lines: Sequence[SlowProxy],
) -> HonestClient:
    """The first of each person's tabs is behind a line, the last wants orders only."""
    some = ORDERS_ONLY if number == TABS - 1 else None
    mine = fork_random(chance)
    door = None if number else lambda: mine.choice(lines).door
    return HonestClient(cluster, person, mine, topics=some, since=person.start, door=door)


async def _events_flow() -> None:
    before = await in_thread(comparison.count_events)

    async def more() -> bool:
        return await in_thread(comparison.count_events) > before + 10

    await wait_until_async(more, lambda: "events from the writers")


async def _strike_once(injector: FaultInjector, fault: str) -> FaultCost:
    before, began = await _read_totals(injector), time.monotonic()
    await injector.strike(fault)
    await comparison.wait_until_caught_up(injector.listeners)
    return FaultCost(fault, time.monotonic() - began, (await _read_totals(injector)).since(before))


async def _read_totals(injector: FaultInjector) -> Totals:
    listeners = injector.listeners
    with suppress(redis.RedisError):  # then as they were told last
        injector.repairs |= await asyncio.to_thread(resources.read_repairs, injector.cluster)
    ledgers = [one.audit for one in listeners]
    return Totals(
        events=await in_thread(comparison.count_events),
        received=sum(len(audit.numbers) for audit in ledgers),
        sockets=sum(audit.sockets for audit in ledgers),
        resets=sum(audit.resets.total() for audit in ledgers),
        repairs=sum(injector.repairs.values()),
        wrong=tuple(sum(audit.verdicts[name] for audit in ledgers) for name in VERDICTS),
    )


ALL_FAULTS = tuple(FAULTS)
SHORT_FAULTS = 4  # so many of them, by chance, in the short form


def choose_faults(seed: int) -> list[str]:
    return make_random(seed).sample(ALL_FAULTS, SHORT_FAULTS)
