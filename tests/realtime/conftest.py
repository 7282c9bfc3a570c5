"""Sockets for the tests: the real server, real clients, and nothing left behind by either."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from pytest_django import Settings

from realtime import hub
from tests.realtime.wire import Wire, bearer, token, web_thread
from tests.services import wait_until
from users.models import User

Connect = Callable[..., Wire]


@pytest.fixture(scope="session")
def door_of_the_thread(django_db_setup: None) -> Iterator[str]:
    with web_thread() as door:
        yield door


@pytest.fixture
def times(settings: Settings) -> Callable[..., None]:
    """Shorten a time of the sockets: times(SWEEP_SECONDS=0.1)."""

    def change(**seconds: float) -> None:
        settings.REALTIME = settings.REALTIME | seconds

    return change


@pytest.fixture
def door(door_of_the_thread: str, transactional_db: None, times: Any) -> Iterator[str]:
    """The address of /ws/ on a server that shares this process and its counters."""
    times(SWEEP_SECONDS=0.1)
    yield door_of_the_thread
    wait_until(lambda: not hub._hubs, what="every socket cleaned up")


@pytest.fixture
def open_socket(door: str) -> Iterator[Connect]:
    """Open a socket, by default a signed-in one: open_socket(user), open_socket(origin=…)."""
    with ExitStack() as stack:

        def connect(user: User | None = None, at: str = door, **handshake: Any) -> Wire:
            if user is not None:
                handshake["subprotocols"] = bearer(token(user))
            wire = Wire(at, **handshake)
            stack.callback(wire.close)
            return wire

        yield connect


@pytest.fixture
def live(open_socket: Connect) -> Connect:
    """A signed-in, subscribed socket: live(user, since=…)."""

    def connect(user: User, since: Any = None, topics: Any = None, **more: Any) -> Wire:
        wire = open_socket(user, **more)
        assert wire.subscribe(since, topics=topics)["type"] == "live"
        return wire

    return connect
