"""One clock for all sockets of a process: a timer and a deadline for each would cost more."""

import asyncio
import heapq
import itertools
import time
from math import inf
from typing import Protocol

COARSE = 0.002  # seconds; the loop's own timers are not finer


class Wakeable(Protocol):
    """Somebody to be woken. `alarm` is the clock's own note of it."""

    alarm: "Alarm | None"

    def due(self, now: float) -> None:
        """Do what is due now. Set the next alarm later than now."""


class Alarm:
    """A time at which to wake a sleeper; its sleeper is None once it was replaced or forgotten."""

    __slots__ = ("at", "number", "sleeper")

    def __init__(self, at: float, number: int, sleeper: Wakeable | None) -> None:
        self.at, self.number, self.sleeper = at, number, sleeper

    def __lt__(self, other: "Alarm") -> bool:
        return (self.at, self.number) < (other.at, other.number)


class AlarmClock:
    """Wakes each at the earliest time it asked for; whoever wants to be woken again asks again."""

    def __init__(self) -> None:
        self._alarms: list[Alarm] = []
        self._numbers = itertools.count()
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = inf

    def wake(self, sleeper: Wakeable, at: float) -> None:
        """Wake the sleeper at this time or earlier."""
        alarm = sleeper.alarm
        if alarm is not None:
            if alarm.at <= at:
                return
            alarm.sleeper = None
        sleeper.alarm = Alarm(at, next(self._numbers), sleeper)
        heapq.heappush(self._alarms, sleeper.alarm)
        self._set_timer()

    def forget(self, sleeper: Wakeable) -> None:
        if sleeper.alarm is not None:
            sleeper.alarm.sleeper = None
            sleeper.alarm = None

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer, self._timer_at = None, inf
        self._alarms.clear()

    def _set_timer(self) -> None:
        if not self._alarms or self._alarms[0].at >= self._timer_at:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer_at = self._alarms[0].at
        wait = max(0.0, self._timer_at - time.monotonic()) + COARSE
        self._timer = asyncio.get_running_loop().call_later(wait, self._wake_due)

    def _wake_due(self) -> None:
        self._timer, self._timer_at = None, inf
        now = time.monotonic()
        while self._alarms and self._alarms[0].at <= now:
            if (sleeper := heapq.heappop(self._alarms).sleeper) is not None:
                sleeper.alarm = None
                sleeper.due(now)
        self._set_timer()
