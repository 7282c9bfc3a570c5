"""Garbage of every kind: never a dead server, never another user's data, never a broken neighbour.

CHAOS_SECONDS makes it several times as much.
"""

import asyncio
import json
import threading
from collections.abc import Coroutine, Iterator
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from websockets.exceptions import ConnectionClosed

from realtime.socket import control_frames
from tests.chaos.clients.frame_audit import foreign_owners, owner_mark
from tests.chaos.clients.garbage import BROKEN, FRAMES, HANDSHAKES
from tests.chaos.clients.raw_websocket import build_frame, exchange_bytes, open_websocket
from tests.chaos.servers.cluster import Cluster
from tests.chaos.storm import read_seconds
from tests.realtime.checking import list_types
from tests.realtime.socket.wire import Wire, bearer, token, write
from users.models import User

MORE = 5 if read_seconds() else 1
EACH = 24  # frames of one socket, and a good one after every second; more would be a flood
# Together at least 5,000
WHOLE, TORN = 150 * MORE, 60 * MORE
PING = '{"type":"ping"}'


def times(number: int) -> settings:
    return settings(
        max_examples=number, suppress_health_check=[*HealthCheck], database=None, print_blob=True
    )


@pytest.fixture
def door(cluster: Cluster) -> str:
    """Of a server in a process of its own: Hypothesis and its loop are not to meet."""
    return cluster.addresses[0].replace("http", "ws", 1) + "/ws/"


@pytest.fixture
def neighbour(door: str, user: User) -> Iterator[Wire]:
    """Somebody else, who is told of everything meanwhile."""
    wire = Wire(door, subprotocols=bearer(token(user)))
    assert wire.subscribe()["type"] == "live"
    over = threading.Event()
    still_there = threading.Thread(target=_say_so, args=(wire, over))
    still_there.start()
    yield wire
    over.set()
    still_there.join()
    wire.close()


def _say_so(wire: Wire, over: threading.Event) -> None:
    """However long what is thrown beside them takes."""
    while not over.wait(1.0):
        wire.say("ping")


def _play(play: Coroutine[Any, Any, None]) -> None:
    asyncio.run(play)


class AnswerCheck:
    """Checks that no answer to a misbehaving socket belongs to another user."""

    def __init__(self, user: User) -> None:
        self._user = user

    def check(self, text: str | bytes) -> None:
        frame = json.loads(text)
        assert frame["type"] in control_frames.SERVER.keys() | list_types().keys()
        assert not foreign_owners(frame, self._user.pk)
        if frame["type"] == "ready":
            assert frame["data"]["user"] == self._user.pk


def _told_of(user: User, neighbour: Wire, seq: int) -> None:
    """The neighbour still hears, in order, what is theirs."""
    write(user, seq, label=owner_mark(user.pk))
    assert neighbour.next("key_update")["seq"] == seq


def _throw(wire: Wire, garbage: list[bytes], heard: AnswerCheck) -> None:
    """Text where it is text, else as a binary frame; a ping in between keeps the socket alive."""
    with suppress(ConnectionClosed):
        for number, words in enumerate(garbage):
            try:
                wire.socket.send(words.decode())
            except UnicodeDecodeError:
                wire.socket.send(words)
            if number % 2:
                wire.socket.send(PING)
        pongs = 0
        while pongs < len(garbage) // 2:
            pongs += heard_type(wire, heard) == "pong"


def heard_type(wire: Wire, heard: AnswerCheck) -> str:
    text = wire.socket.recv(timeout=60)
    heard.check(text)
    return str(json.loads(text)["type"])


def test_whole_frames_of_garbage(door: str, neighbour: Wire, user: User, other_user: User) -> None:
    heard, seqs = AnswerCheck(other_user), iter(range(1, 10**6))

    @times(WHOLE)
    @given(st.lists(FRAMES, min_size=EACH, max_size=EACH))
    def throw(garbage: list[bytes]) -> None:
        wire = Wire(door, subprotocols=bearer(token(other_user)))
        _throw(wire, garbage, heard)
        wire.close()
        _told_of(user, neighbour, next(seqs))

    throw()


def test_broken_frames_and_bytes(door: str, neighbour: Wire, user: User, other_user: User) -> None:
    seqs = iter(range(1, 10**6))

    async def hurl(garbage: list[bytes]) -> None:
        raw = await open_websocket(door, token(other_user))
        await raw.send(b"".join(garbage))
        raw.cut()

    @times(TORN)
    @given(st.lists(BROKEN, min_size=EACH, max_size=EACH))
    def throw(garbage: list[bytes]) -> None:
        _play(hurl(garbage))
        _told_of(user, neighbour, next(seqs))

    throw()


def test_one_broken_frame_at_a_time(
    door: str, neighbour: Wire, user: User, other_user: User
) -> None:
    """After a good one, and the server is let finish: it ends that socket or goes on with it."""
    seqs = iter(range(1, 10**6))

    async def hurl(garbage: bytes) -> None:
        raw = await open_websocket(door, token(other_user))
        await raw.send(build_frame(PING.encode()) + garbage)
        with suppress(TimeoutError):
            assert owner_mark(user.pk).encode() not in await raw.rest(0.05)
        raw.cut()

    @times(100 * MORE)
    @given(BROKEN)
    def throw(garbage: bytes) -> None:
        _play(hurl(garbage))
        _told_of(user, neighbour, next(seqs))

    throw()


def test_handshakes_that_are_none(door: str, neighbour: Wire, user: User) -> None:
    @times(60 * MORE)
    @given(HANDSHAKES | st.binary(max_size=300))
    def throw(words: bytes) -> None:
        with suppress(TimeoutError, OSError):
            _play(_said(door, words))

    async def _said(door: str, words: bytes) -> None:
        assert owner_mark(user.pk).encode() not in await exchange_bytes(door, words)

    throw()
    _told_of(user, neighbour, 1)
