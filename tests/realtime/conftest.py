"""Sockets for the tests: the real server, real clients, and nothing left behind by either."""

import asyncio
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from channels.layers import get_channel_layer
from django.db import connection
from pytest_django import Settings

from config.launcher import valkey
from realtime.socket import hub
from tests.realtime.socket.wire import Wire, bearer, token, web_thread
from tests.services import LOGS, wait_until
from users.models import User

Connect = Callable[..., Wire]


@pytest.fixture(scope="session")
def thread_url(django_db_setup: None) -> Iterator[str]:
    with web_thread() as socket_url:
        yield socket_url


@pytest.fixture
def times(settings: Settings) -> Callable[..., None]:
    """Shorten a time of the sockets: times(SWEEP_SECONDS=0.1)."""

    def change(**seconds: float) -> None:
        settings.REALTIME = settings.REALTIME | seconds

    return change


@pytest.fixture
def socket_url(thread_url: str, transactional_db: None, times: Any) -> Iterator[str]:
    """The address of /ws/ on a server that shares this process and its counters."""
    times(SWEEP_SECONDS=0.1)
    yield thread_url
    wait_until(lambda: not hub._hubs, what="every socket cleaned up")


@pytest.fixture
def open_socket(socket_url: str) -> Iterator[Connect]:
    """Open a socket, by default a signed-in one: open_socket(user), open_socket(origin=…)."""
    with ExitStack() as stack:

        def connect(user: User | None = None, at: str = socket_url, **handshake: Any) -> Wire:
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


class OwnValkey:
    """A Valkey of one test, to be killed."""

    def __init__(self, home: Path, sockets: Path) -> None:
        self._part = valkey.valkey_part(home, sockets)
        self._process: Any = None
        self.url = f"unix://{sockets}/valkey.sock?db=0"

    def start(self) -> None:
        with (LOGS / "own valkey.log").open("ab") as log:
            self._process = self._part.start(stdout=log, stderr=log)
        wait_until(self._part.ready, what="Valkey")

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()


@pytest.fixture
def own_valkey(settings: Settings, socket_url: str) -> Iterator[OwnValkey]:
    """The channel layer on a server that the test may kill and start again."""
    with tempfile.TemporaryDirectory(prefix="fw") as folder:
        server = OwnValkey(Path(folder) / "home", Path(folder) / "s")
        server.start()
        layer = settings.CHANNEL_LAYERS["default"]
        config = layer["CONFIG"] | {"hosts": [server.url]}
        settings.CHANNEL_LAYERS = {"default": layer | {"CONFIG": config}}
        yield server
        wait_until(lambda: not hub._hubs, what="every socket cleaned up")
        _forget_layer()
        server.kill()


def _forget_layer() -> None:
    """Its connections would go on looking for the server that is gone."""
    for loop, layer in get_channel_layer()._layers.items():
        asyncio.run_coroutine_threadsafe(layer.flush(), loop).result(10)


@pytest.fixture
def broken_log(socket_url: str) -> Iterator[Callable[[], None]]:
    """Take the log away, as a half-finished migration would."""
    moved = []

    def move() -> None:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE realtime_stream RENAME TO gone")
        moved.append(True)

    yield move
    if moved:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE gone RENAME TO realtime_stream")
