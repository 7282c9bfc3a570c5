"""The Python client: nothing twice, nothing missing, and never giving up without being told to."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import aclosing, contextmanager
from typing import Any
from urllib.parse import urlsplit

from realtime import hub
from realtime.client import Follower, Frame, Stopped, Stream
from realtime.streams import position
from tests.realtime.conftest import Connect
from tests.realtime.wire import token, web_thread, write
from tests.services import wait_until
from users.models import User


def event(seq: int) -> Frame:
    return {"type": "key_update", "seq": seq, "data": {}}


def at(seq: int, topics: Any = None) -> Follower:
    follower = Follower(topics=topics)
    follower.live({"epoch": "e", "seq": seq})
    return follower


def test_the_next_number_counts() -> None:
    follower = at(5)
    assert follower.counts(event(6))
    assert follower.position == {"epoch": "e", "seq": 6}


def test_a_repeat_does_not() -> None:
    follower = at(5)
    assert not follower.counts(event(5))
    assert (follower.repeats, follower.gaps) == (1, 0)


def test_neither_does_one_after_a_gap() -> None:
    follower = at(5)
    assert not follower.counts(event(7))
    assert follower.gaps == 1
    assert follower.position == {"epoch": "e", "seq": 5}


def test_with_chosen_topics_the_server_proves_it() -> None:
    follower = at(5, topics=["orders"])
    assert follower.counts(event(9))
    assert not follower.is_behind(12)
    assert follower.position == {"epoch": "e", "seq": 12}


def test_the_ping_finds_what_is_missing() -> None:
    follower = at(5)
    assert not follower.is_behind(5)
    assert not follower.is_behind(None)
    assert follower.is_behind(6)
    follower.subscribe()
    assert not follower.is_behind(6)  # asked already


class Listening:
    """A stream's client in a thread, and what it heard."""

    def __init__(self, user: User, door: str, **options: Any) -> None:
        self.heard: list[Frame] = []
        self.states: list[str] = []
        self.error: Exception | None = None
        self._token = token(user)

        async def same_token() -> str:
            return self._token

        self.stream = Stream(
            door,
            token=same_token,
            on_state=lambda state, words: self.states.append(state),
            first_delay=0.05,
            **options,
        )
        self._thread = threading.Thread(target=self._run)
        self._detached = False

    def _run(self) -> None:
        try:
            asyncio.run(self._listen())
        except Stopped as error:
            self.error = error

    async def _listen(self) -> None:
        async with aclosing(self.stream.frames()) as frames:
            async for frame in frames:
                self.heard.append(frame)
                if frame.get("data", {}).get("label") == "the end":
                    return

    @property
    def numbers(self) -> list[int]:
        return [frame["seq"] for frame in self.heard if "seq" in frame]

    def types(self) -> list[str]:
        return [frame["type"] for frame in self.heard]

    def __enter__(self) -> "Listening":
        self._thread.start()
        wait_until(lambda: self.error or "live" in self.states, what="live")
        return self

    def __exit__(self, *error: object) -> None:
        if self._detached:
            return
        self._thread.join(20)
        assert not self._thread.is_alive()

    def detach(self) -> None:
        """Go on listening after the block."""
        self._detached = True

    @contextmanager
    def again(self) -> Iterator[None]:
        self._detached = False
        yield
        self.__exit__()


def test_it_follows(door: str, user: User) -> None:
    with Listening(user, door) as listening:
        write(user, 1, 2, 3)
        write(user, 4, label="the end")
    assert listening.numbers == [1, 2, 3, 4]


def test_it_outlives_servers(transactional_db: None, user: User) -> None:
    with web_thread() as door, Listening(user, door) as listening:
        write(user, 1)
        wait_until(lambda: listening.numbers == [1])
        listening.detach()
    write(user, 2)
    with web_thread(urlsplit(door).port or 0), listening.again():
        wait_until(lambda: listening.states.count("live") == 2, what="live again")
        write(user, 3, label="the end")
    assert listening.numbers == [1, 2, 3]
    assert "waiting" in listening.states


def test_after_a_reset_it_reads_the_snapshot(door: str, user: User) -> None:
    write(user, 1, 2)
    asked: list[Any] = []

    async def snapshot(head: Any) -> Any:
        asked.append(head)
        return {"epoch": head["epoch"], "seq": 1}

    stale: Any = {"epoch": "of yesterday", "seq": 9}
    with Listening(user, door, since=stale, snapshot=snapshot) as listening:
        write(user, 3, label="the end")
    assert listening.types()[0] == "reset"
    assert listening.numbers == [2, 3]
    assert asked[0]["reason"] == "epoch"


def test_it_stops_when_told_to(door: str, user: User) -> None:
    listening = Listening(user, door)
    listening._token = "garbage"
    with listening:
        pass
    assert isinstance(listening.error, Stopped)
    assert listening.error.code == 4500


def test_its_answer_to_the_heartbeat_says_how_far_it_is(
    times: Callable[..., None], door: str, user: User
) -> None:
    times(HEARTBEAT_SECONDS=0.1)
    with Listening(user, door) as listening:
        write(user, 1)
        wait_until(lambda: _answers() == [1], what="the server knows how far the client is")
        write(user, 2, label="the end")
    assert listening.numbers == [1, 2]


def _answers() -> list[int | None]:
    sockets: list[Any] = [socket for one in hub._hubs.values() for socket in one.sockets]
    return [socket.talk.client_seq for socket in sockets]


def test_a_position_to_begin_with(live: Connect, door: str, user: User) -> None:
    write(user, 1, 2)
    since: Any = {"epoch": position(user.pk).epoch, "seq": 1}
    with Listening(user, door, since=since) as listening:
        write(user, 3, label="the end")
    assert listening.numbers == [2, 3]
