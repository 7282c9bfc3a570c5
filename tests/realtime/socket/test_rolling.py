"""Web processes are restarted one after the other, and nobody misses or hears twice anything."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any

import pytest
from django.db import connection
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from config.launcher import processes
from realtime.presence import registry
from tests.realtime.socket.wire import Wire, bearer, token, write
from tests.services import free_port, process_environment, run_part, wait_until
from users.models import User

CUT = (ConnectionClosed, InvalidHandshake, OSError, EOFError)


class Fleet:
    """Web processes that share a port, each to be restarted by its name."""

    def __init__(self, **environment: str) -> None:
        port = free_port()
        self.endpoint = f"ws://127.0.0.1:{port}/ws/"
        self._part = processes.web_part(
            port=port, shared=True, environment=process_environment() | environment
        )
        self._running: dict[str, tuple[ExitStack, str]] = {}

    def start(self, name: str) -> None:
        before, stack = there(), ExitStack()
        stack.enter_context(run_part(replace(self._part, name=name)))
        server = wait_until(lambda: there() - before, what=f"{name} in the book")
        self._running[name] = stack, server.pop()

    def stop(self, name: str) -> None:
        stack, server = self._running.pop(name)
        stack.close()
        assert server not in there()  # it said that it ends

    def server(self, name: str) -> str:
        return self._running[name][1]

    def stop_all(self) -> None:
        for name in list(self._running):
            self.stop(name)


def there() -> set[str]:
    return {server.name for server in registry.list_servers()}


@contextmanager
def fleet(**environment: str) -> Iterator[Fleet]:
    made = Fleet(**environment)
    try:
        made.start("web a")
        made.start("web b")
        yield made
    finally:
        made.stop_all()


class Follower(threading.Thread):
    """A client that comes back whenever it is cut off, from where it was."""

    def __init__(self, socket_url: str, user: User) -> None:
        super().__init__(daemon=True)
        self.numbers = list[int]()
        self.ends = list[int | None]()
        self.resets = 0
        self.user_id = user.pk
        self._url, self._token = socket_url, token(user)
        self._since: dict[str, Any] | None = None
        self._until: int | None = None
        self.subscribed = threading.Event()

    def until(self, seq: int) -> None:
        """This is the last event there will be."""
        self._until = seq

    @property
    def done(self) -> bool:
        return self._until is not None and self.numbers[-1:] == [self._until]

    def run(self) -> None:
        while not self.done:
            try:
                self._follow()
            except CUT:
                self.ends.append(None)

    def _follow(self) -> None:
        wire = Wire(self._url, subprotocols=bearer(self._token))
        try:
            ready = wire.next("ready")["data"]
            self._since = self._since or {"epoch": ready["epoch"], "seq": 0}
            wire.say("subscribe", since=self._since)
            while not self.done:
                frame = wire.next("key_update", "live", "reset", "ping", "bye")
                match frame["type"]:
                    case "key_update":
                        self.numbers.append(frame["seq"])
                        self._since["seq"] = frame["seq"]
                    case "ping":
                        wire.say("pong", seq=self._since["seq"])
                    case "live":
                        self.subscribed.set()
                    case "reset":
                        self.resets += 1
                    case "bye":
                        self.ends.append(frame["data"]["code"])
                        return
        finally:
            wire.close()


class Writer(threading.Thread):
    """Writes events for these users until it is told to stop."""

    def __init__(self, users: list[User]) -> None:
        super().__init__(daemon=True)
        self.stopping = threading.Event()
        self.written = 0
        self._users = users

    def end(self) -> None:
        self.stopping.set()
        self.join()

    def run(self) -> None:
        try:
            while not self.stopping.wait(0.005):
                self.written += 1
                for user in self._users:
                    write(user, self.written)
        finally:
            connection.close()


def more_than(writer: Writer, number: int) -> None:
    wait_until(lambda: writer.written > number, what="more written")


@pytest.mark.django_db(transaction=True)
def test_a_rolling_restart_loses_and_doubles_nothing(user: User, other_user: User) -> None:
    users = [user, other_user]
    with fleet() as webs, ExitStack() as stack:
        followers = [Follower(webs.endpoint, person) for person in users for _ in range(4)]
        writer = Writer(users)
        for follower in followers:
            follower.start()
        wait_until(
            lambda: all(follower.subscribed.is_set() for follower in followers), what="all live"
        )
        writer.start()
        stack.callback(writer.end)
        for name in ("web a", "web b"):
            webs.stop(name)
            more_than(writer, writer.written + 20)
            webs.start(name)
        wait_until(
            lambda: all(follower.ends for follower in followers), what="everybody sent elsewhere"
        )
        writer.end()
        last = writer.written + 1
        for follower in followers:
            follower.until(last)
        for person in users:
            write(person, last)
        for follower in followers:
            follower.join(30)
    assert [follower.numbers == list(range(1, last + 1)) for follower in followers] == [True] * 8
    assert sum(follower.resets for follower in followers) == 0
    assert {code for follower in followers for code in follower.ends} <= {4000, None}


@pytest.mark.django_db(transaction=True)
def test_who_comes_is_dealt_out_evenly_and_the_limits_hold_over_all(user: User) -> None:
    with fleet(REALTIME_USER_SOCKETS="60", REALTIME_CONNECTS_PER_MINUTE="100") as webs:
        wires = [Wire(webs.endpoint, subprotocols=bearer(token(user))) for _ in range(60)]
        wait_until(
            lambda: len(list(registry.list_sockets([user.pk]))) == 60, what="all in the book"
        )
        servers = [socket.server for socket in registry.list_sockets([user.pk])]
        assert min(servers.count(webs.server(name)) for name in ("web a", "web b")) > 12
        more = Wire(webs.endpoint, subprotocols=bearer(token(user)))
        assert more.farewell()["code"] == 4504
        strangers = [Wire(webs.endpoint) for _ in range(45)]
        first = [wire.next("hello", "bye") for wire in strangers]
        let_in = [frame for frame in first if frame["type"] == "hello"]
        sent_away = [frame["data"]["code"] for frame in first if frame["type"] == "bye"]
        # At most 100 in all; a busy Redis that answers late is asked twice, and counts twice.
        assert 30 <= len(let_in) <= 39
        assert set(sent_away) == {4005}
        for wire in (*wires, more, *strangers):
            wire.close()
