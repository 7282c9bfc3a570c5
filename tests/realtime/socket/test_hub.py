"""The hub of a process, where many come at the same moment."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest
from pytest_django import Settings

from realtime import publish
from realtime.frames import Close, StreamEvent
from realtime.socket import hub
from realtime.socket.authorization import Authorization
from realtime.socket.session import Identity, SocketFigures


class Listener:
    """A socket that only remembers."""

    def __init__(self, user_id: int) -> None:
        self.user_id = user_id
        self.identity: Identity | None = None
        self.instruments: frozenset[str] = frozenset()
        self.heard = asyncio.Event()

    async def dispatch(self, message: Mapping[str, Any]) -> None:
        self.heard.set()

    def apply_sweep(self, now: Authorization | None) -> None: ...

    def end(self, code: Close, message: str, *, delay: float | None = None) -> None: ...

    def read_figures(self) -> SocketFigures:
        return SocketFigures("all", 0.0, None, None)

    async def enter(self) -> None:
        await hub.open_socket(self).join(self, publish.user_group(self.user_id))

    async def leave(self) -> None:
        await hub.close_socket(self, [publish.user_group(self.user_id)])


@pytest.mark.usefixtures("empty_redis")
def test_all_who_enter_at_once_are_told() -> None:
    async def crowd() -> None:
        listeners = [Listener(user_id) for user_id in range(1, 6) for _ in range(3)]
        await asyncio.gather(*(listener.enter() for listener in listeners))
        event = StreamEvent(1, "key_update", "{}")
        await asyncio.to_thread(publish.send_events, {user_id: [event] for user_id in range(1, 6)})
        async with asyncio.timeout(20):
            await asyncio.gather(*(listener.heard.wait() for listener in listeners))
        await asyncio.gather(*(listener.leave() for listener in listeners))

    asyncio.run(crowd())
    assert not hub._hubs


@pytest.mark.usefixtures("empty_redis")
def test_one_who_enters_while_the_last_one_leaves_is_told() -> None:
    async def change_of_guard() -> None:
        for _ in range(20):
            old, new = Listener(1), Listener(1)
            await old.enter()
            await asyncio.gather(old.leave(), new.enter())
            await asyncio.to_thread(publish.send_events, {1: [StreamEvent(1, "key_update", "{}")]})
            async with asyncio.timeout(20):
                await new.heard.wait()
            await new.leave()

    asyncio.run(change_of_guard())
    assert not hub._hubs


class BrokenListener(Listener):
    """A bug that shows in each sweep, whichever socket is swept first."""

    sweeps = 0

    def apply_sweep(self, now: Authorization | None) -> None:
        BrokenListener.sweeps += 1
        self.heard.set()
        raise RuntimeError("a bug")


@pytest.mark.usefixtures("empty_redis")
@pytest.mark.django_db(transaction=True)
def test_a_bug_ends_no_sweeps(settings: Settings) -> None:
    settings.REALTIME = settings.REALTIME | {"SWEEP_SECONDS": 0.01}

    async def sweep_twice() -> None:
        listeners = [BrokenListener(user_id) for user_id in (1, 2)]
        await asyncio.gather(*(listener.enter() for listener in listeners))
        for _ in range(2):
            async with asyncio.timeout(20):
                await asyncio.gather(*(listener.heard.wait() for listener in listeners))
            for listener in listeners:
                listener.heard.clear()
        await asyncio.gather(*(listener.leave() for listener in listeners))

    asyncio.run(sweep_twice())
    assert BrokenListener.sweeps >= 4


@pytest.mark.parametrize(("sockets", "seconds"), [(1, 2), (1_000, 2), (5_000, 5), (10_000, 10)])
def test_the_more_there_are_the_longer_they_take_to_come_back(sockets: int, seconds: int) -> None:
    assert hub.get_return_spread(sockets) == seconds
