"""The client's half of the protocol, without a socket."""

import json
from typing import Any

import pytest

from realtime.client.state import ClientState, WatchedSet, WatchedSets, get_endpoint_name
from realtime.client.stream import Frame


def event(seq: int) -> Frame:
    return {"type": "key_update", "seq": seq, "data": {}}


def at(seq: int, topics: Any = None) -> ClientState:
    follower = ClientState(topics=topics)
    follower.live({"epoch": "e", "seq": seq})
    return follower


def test_the_next_number_counts() -> None:
    follower = at(5)
    assert follower.accept_event(event(6))
    assert follower.position == {"epoch": "e", "seq": 6}


def test_a_repeat_does_not() -> None:
    follower = at(5)
    assert not follower.accept_event(event(5))
    assert (follower.repeats, follower.gaps) == (1, 0)


def test_neither_does_one_after_a_gap() -> None:
    follower = at(5)
    assert not follower.accept_event(event(7))
    assert follower.gaps == 1
    assert follower.position == {"epoch": "e", "seq": 5}


def test_with_chosen_topics_the_server_proves_it() -> None:
    follower = at(5, topics=["orders"])
    assert follower.accept_event(event(9))
    assert not follower.is_behind(12)
    assert follower.position == {"epoch": "e", "seq": 12}


def test_the_ping_finds_what_is_missing() -> None:
    follower = at(5)
    assert not follower.is_behind(5)
    assert not follower.is_behind(None)
    assert follower.is_behind(6)
    follower.build_subscribe()
    assert not follower.is_behind(6)  # asked already


def test_behind_an_endpoint_with_fewer_topics_too() -> None:
    follower = ClientState(position={"epoch": "e", "seq": 5}, endpoint="trading")
    assert follower.accept_event(event(9))
    assert not follower.is_behind(12)


def test_a_state_that_is_newer_than_live_is_not_taken_back() -> None:
    follower = at(9)
    follower.live({"epoch": "e", "seq": 7})
    assert not follower.accept_event(event(8))
    follower.live({"epoch": "another", "seq": 2})
    assert follower.position == {"epoch": "another", "seq": 2}


def watched(*instruments: str, topic: str = "prices", every: int = 500) -> WatchedSet:
    return WatchedSet(frozenset(instruments), frozenset({topic}), every)


def test_several_callers_share_one_request() -> None:
    watched_sets, slow = WatchedSets(), watched("a", "b", every=1000)
    watched_sets.add(slow)
    watched_sets.add(watched("b", topic="books", every=250))
    assert json.loads(watched_sets.build_frame())["data"] == {
        "instruments": ["a", "b"],
        "topics": ["books", "prices"],
        "interval_ms": 250,
    }
    watched_sets.keep_newest("price_update", {"instrument": "a", "last": "1"})
    watched_sets.remove(slow)
    assert watched_sets.newest == {}
    assert json.loads(watched_sets.build_frame())["data"]["instruments"] == ["b"]


def test_more_than_a_socket_may_watch() -> None:
    watched_sets = WatchedSets(most=2)
    watched_sets.add(watched("a", "b"))
    watched_sets.add(watched("b"))
    with pytest.raises(ValueError, match="At most 2"):
        watched_sets.add(watched("c"))


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("ws://x/ws/", "all"),
        ("ws://x/ws/trading/", "trading"),
        ("wss://x/market/ws/", "all"),
    ],
)
def test_the_endpoint_of_an_address(url: str, name: str) -> None:
    assert get_endpoint_name(url) == name
