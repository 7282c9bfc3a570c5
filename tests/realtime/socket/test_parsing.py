"""Garbage is refused in words, and never breaks anything."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from realtime.endpoints import ENDPOINTS, MAIN
from realtime.socket.parsing import Auth, BadFrame, Ping, Pong, Subscribe, parse_frame

JSON = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats() | some.text(),
    lambda inner: some.lists(inner) | some.dictionaries(some.text(), inner),
)
NAMES = some.sampled_from(["auth", "subscribe", "ping", "pong"])
FIELDS = some.sampled_from(["token", "since", "topics", "seq", "epoch"])


def refused(text: str) -> str:
    with pytest.raises(BadFrame) as bad:
        parse_frame(text, ENDPOINTS[MAIN])
    return bad.value.code


def frame(kind: str, **data: Any) -> str:
    return json.dumps({"type": kind, "data": data})


@pytest.mark.parametrize(
    ("text", "request_"),
    [
        (frame("auth", token="x"), Auth("x")),
        ('{"type":"ping"}', Ping()),
        ('{"type":"ping","data":null}', Ping()),
        (frame("pong", seq=None), Pong(None)),
        (frame("pong", seq=3), Pong(3)),
        (frame("subscribe"), Subscribe(None, None)),
        (frame("subscribe", since=None, topics=None), Subscribe(None, None)),
        (
            frame("subscribe", since={"epoch": "e", "seq": 3}, topics=["orders"]),
            Subscribe({"epoch": "e", "seq": 3}, frozenset({"orders"})),
        ),
    ],
)
def test_what_a_client_may_say(text: str, request_: Any) -> None:
    assert parse_frame(text, ENDPOINTS[MAIN]) == request_


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "bad_json"),
        ("{", "bad_json"),
        ("[" * 5000, "bad_json"),
        ("1" * 5000, "bad_json"),
        ("[]", "wrong_shape"),
        ("{}", "unknown_type"),
        ('{"type":["auth"]}', "unknown_type"),
        ('{"type":"order_update"}', "unknown_type"),
        ('{"type":"ping","data":[]}', "wrong_shape"),
        (frame("auth"), "wrong_shape"),
        (frame("auth", token=""), "wrong_shape"),
        (frame("subscribe", since=5), "wrong_shape"),
        (frame("subscribe", since={"epoch": 1, "seq": 1}), "wrong_shape"),
        (frame("subscribe", since={"epoch": "e", "seq": -1}), "wrong_shape"),
        (frame("subscribe", since={"epoch": "e", "seq": True}), "wrong_shape"),
        (frame("subscribe", since={"epoch": "e", "seq": 2**63}), "wrong_shape"),
        (frame("subscribe", since={"epoch": "e" * 65, "seq": 1}), "wrong_shape"),
        (frame("subscribe", topics=[]), "wrong_topics"),
        (frame("subscribe", topics="orders"), "wrong_topics"),
        (frame("subscribe", topics=["everything"]), "wrong_topics"),
        (frame("subscribe", topics=[{}]), "wrong_topics"),
        (frame("pong", seq="3"), "wrong_shape"),
        (frame("subscribe", sinse={"epoch": "e", "seq": 3}), "unknown_field"),
        (frame("subscribe", since={"epoch": "e", "seq": 3, "floor": 1}), "unknown_field"),
        (frame("watch", instruments=[], interval=100), "unknown_field"),
        (frame("auth", token="x", user=1), "unknown_field"),
        (frame("ping", at=1), "unknown_field"),
        (frame("pong", seq=3, at=1), "unknown_field"),
        ('{"type":"subscribe","topics":["orders"]}', "unknown_field"),
        ('{"type":"ping","\\ud800":1}', "unknown_field"),
    ],
)
def test_what_is_refused(text: str, code: str) -> None:
    assert refused(text) == code


def test_a_mistyped_field_is_named_with_those_that_there_are() -> None:
    with pytest.raises(BadFrame) as bad:
        parse_frame(frame("subscribe", **{"topcis\ud800": []}), ENDPOINTS[MAIN])
    assert bad.value.message == 'There is no "topcis\\ud800" here; known are since, topics.'


@given(some.text() | JSON.map(json.dumps))
def test_any_garbage_is_refused_in_words(text: str) -> None:
    with pytest.raises(BadFrame):
        parse_frame(text, ENDPOINTS[MAIN])


@given(NAMES, some.dictionaries(FIELDS, JSON))
def test_any_data_is_understood_or_refused(kind: str, data: dict[str, Any]) -> None:
    with suppress(BadFrame):
        parse_frame(frame(kind, **data), ENDPOINTS[MAIN])
