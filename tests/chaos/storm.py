"""One fault after the other while people write and listen, and what each of them cost."""

import asyncio
import os
import random
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress

import redis

from tests.chaos import comparison
from tests.chaos.clients.honest import Listener, listening
from tests.chaos.clients.slow_network import Line, line
from tests.chaos.report import VERDICTS, Report, Row, Sum
from tests.chaos.servers import resources
from tests.chaos.servers.cluster import Town, in_thread, until
from tests.chaos.servers.faults import FAULTS, Monkey
from tests.chaos.servers.user_activity import Person, settle

PEOPLE, TABS, WRITERS = 4, 3, 2
SHORT_HOLDS, LONG_HOLDS = (0.3, 1.0), (0.5, 9.0)
PACE = 25.0  # moves a second of each writer
ORDERS_ONLY = frozenset({"orders"})


def seed() -> int:
    """CHAOS_SEED repeats a run; else each is another."""
    return int(os.environ.get("CHAOS_SEED") or random.SystemRandom().randrange(10**6))


def seconds() -> float:
    """CHAOS_SECONDS makes a run longer than the short form."""
    return float(os.environ.get("CHAOS_SECONDS") or 0)


def seeded(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 (the same each time)


async def people(number: int) -> list[Person]:
    return [await in_thread(settle, f"person{n}") for n in range(number)]


def fork(chance: random.Random) -> random.Random:
    """For one of many at the same time: what it does depends on nobody else's pace."""
    return random.Random(chance.random())  # noqa: S311 (no secret)


async def rage(town: Town, seed: int, seconds: float, faults: Sequence[str]) -> Report:
    """Each of these faults at least once, in an order of chance, and more until time is over."""
    chance, report = seeded(seed), Report(seed)
    crowd = await people(PEOPLE)
    ends = time.monotonic() + seconds
    async with AsyncExitStack() as stack:
        lines = [await stack.enter_async_context(line(one)) for one in town.addresses]
        listeners = [_tab(town, who, chance, n, lines) for who in crowd for n in range(TABS)]
        monkey = Monkey(town, listeners, chance, LONG_HOLDS if seconds else SHORT_HOLDS, lines)
        await stack.enter_async_context(listening(listeners))
        for number in range(WRITERS):
            await town.write(crowd, seed=seed + number, pace=PACE)
        await _events_flow()
        waiting = chance.sample(faults, len(faults))
        while waiting:
            report.rows.append(await _one(monkey, waiting.pop()))
            if not waiting and time.monotonic() < ends:
                waiting = chance.sample(faults, len(faults))
        report.complaints = await comparison.judged(town, listeners)
    return report


def _tab(
    town: Town, person: Person, chance: random.Random, number: int, lines: Sequence[Line]
) -> Listener:
    """The first of each person's tabs is behind a line, the last wants orders only."""
    some = ORDERS_ONLY if number == TABS - 1 else None
    mine = fork(chance)
    door = None if number else lambda: mine.choice(lines).door
    return Listener(town, person, mine, topics=some, since=person.start, door=door)


async def _events_flow() -> None:
    before = await in_thread(comparison.events)

    async def more() -> bool:
        return await in_thread(comparison.events) > before + 10

    await until(more, lambda: "events from the writers")


async def _one(monkey: Monkey, fault: str) -> Row:
    before, began = await _sum(monkey), time.monotonic()
    await monkey.strike(fault)
    await comparison.caught_up(monkey.listeners)
    return Row(fault, time.monotonic() - began, (await _sum(monkey)).since(before))


async def _sum(monkey: Monkey) -> Sum:
    listeners = monkey.listeners
    with suppress(redis.RedisError):  # then as they were told last
        monkey.repairs |= await asyncio.to_thread(resources.repairs, monkey.town)
    ledgers = [one.ledger for one in listeners]
    return Sum(
        events=await in_thread(comparison.events),
        received=sum(len(ledger.numbers) for ledger in ledgers),
        sockets=sum(ledger.sockets for ledger in ledgers),
        resets=sum(ledger.resets.total() for ledger in ledgers),
        repairs=sum(monkey.repairs.values()),
        wrong=tuple(sum(ledger.verdicts[name] for ledger in ledgers) for name in VERDICTS),
    )


ALL = tuple(FAULTS)
QUICK = 4  # so many of them, by chance, in the short form


def some(seed: int) -> list[str]:
    return seeded(seed).sample(ALL, QUICK)
