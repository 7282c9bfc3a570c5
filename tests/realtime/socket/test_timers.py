"""One clock for all: each is woken once, at the earliest time it asked for, unless it left."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from realtime.socket.timers import Alarm, AlarmClock
from tests.realtime.checking import count_alarms


class Sleeper:
    def __init__(self, name: str, woken: list[str]) -> None:
        self.name, self.woken = name, woken
        self.alarm: Alarm | None = None
        self.at = 0.0

    def due(self, now: float) -> None:
        self.at = now
        self.woken.append(self.name)


def with_clock(use: Callable[[AlarmClock], Awaitable[None]]) -> None:
    async def run() -> None:
        clock = AlarmClock()
        async with asyncio.timeout(20):
            await use(clock)
        clock.stop()

    asyncio.run(run())


async def until(woken: list[str], number: int) -> None:
    while len(woken) < number:  # noqa: ASYNC110 (a loop that turns is what is tested)
        await asyncio.sleep(0.005)


def test_in_the_order_of_their_times() -> None:
    async def use(clock: AlarmClock) -> None:
        woken, now = list[str](), time.monotonic()
        for name, after in (("late", 0.06), ("early", 0.02), ("middle", 0.04)):
            clock.wake(Sleeper(name, woken), now + after)
        await until(woken, 3)
        assert woken == ["early", "middle", "late"]
        assert count_alarms(clock) == 0

    with_clock(use)


def test_the_earliest_wish_counts_and_only_once() -> None:
    async def use(clock: AlarmClock) -> None:
        woken, now = list[str](), time.monotonic()
        sleeper, then, last = (Sleeper(name, woken) for name in ("one", "then", "last"))
        for after in (0.06, 30, 0.01, 0.04):
            clock.wake(sleeper, now + after)
        clock.wake(then, now + 0.03)
        clock.wake(last, now + 0.08)
        await until(woken, 3)
        assert woken == ["one", "then", "last"]
        assert now + 0.01 <= sleeper.at
        assert count_alarms(clock) == 0

    with_clock(use)


def test_nobody_is_woken_too_early() -> None:
    async def use(clock: AlarmClock) -> None:
        woken, now = list[str](), time.monotonic()
        sleepers = [Sleeper(str(number), woken) for number in range(50)]
        for number, sleeper in enumerate(sleepers):
            clock.wake(sleeper, now + number / 1000)
        await until(woken, 50)
        assert all(sleeper.at >= now + number / 1000 for number, sleeper in enumerate(sleepers))

    with_clock(use)


def test_whoever_leaves_sleeps_on() -> None:
    async def use(clock: AlarmClock) -> None:
        woken, now = list[str](), time.monotonic()
        gone, stays = Sleeper("gone", woken), Sleeper("stays", woken)
        clock.wake(gone, now + 0.01)
        clock.wake(stays, now + 0.03)
        clock.forget(gone)
        assert count_alarms(clock) == 1
        await until(woken, 1)
        assert woken == ["stays"]

    with_clock(use)


def test_whoever_is_woken_may_ask_again() -> None:
    class Again(Sleeper):
        def due(self, now: float) -> None:
            super().due(now)
            if len(self.woken) < 3:
                clocks[0].wake(self, now + 0.01)

    clocks: list[AlarmClock] = []

    async def use(clock: AlarmClock) -> None:
        clocks.append(clock)
        woken: list[str] = []
        clock.wake(Again("again", woken), time.monotonic())
        await until(woken, 3)
        assert count_alarms(clock) == 0

    with_clock(use)
