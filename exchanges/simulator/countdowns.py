"""Countdowns of accounts: something happens when their time has passed, unless they are put off."""

import asyncio
import logging
from collections.abc import Callable

log = logging.getLogger(__name__)


class Countdowns:
    """Running countdowns by name. They live in memory: a restart of the simulator ends them."""

    def __init__(self) -> None:
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self.speed = 1  # how many times faster than real time; tests need not wait

    def list_running(self) -> list[str]:
        return list(self._timers)

    def start(self, name: str, milliseconds: int, action: Callable[[], None]) -> None:
        """Start a countdown, or start a running one again."""
        self.stop(name)
        loop, delay = asyncio.get_running_loop(), milliseconds / 1000 / self.speed
        self._timers[name] = loop.call_later(delay, self._run_action, name, action)

    def stop(self, name: str) -> None:
        timer = self._timers.pop(name, None)
        if timer is not None:
            timer.cancel()

    def stop_all(self) -> None:
        for name in list(self._timers):
            self.stop(name)

    def _run_action(self, name: str, action: Callable[[], None]) -> None:
        del self._timers[name]
        log.info("countdown %s has ended", name)
        action()
