"""What is said on a socket, and when; without a socket, and without waiting."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as some

from realtime.frames import Close, StreamEvent
from realtime.socket.cursor import LogPage
from realtime.socket.parsing import Auth
from realtime.socket.protocol import Conversation
from realtime.socket.session import (
    BURST,
    FIRST_FRAME_BYTES,
    FRAME_BYTES,
    STRIKES,
    Identity,
)
from tests.realtime.socket.conversations import (
    RULES,
    ended,
    signed_in,
    stranger,
    subscribed,
    take_frames,
    types,
)


def test_hello_says_what_to_keep_to() -> None:
    talk = stranger()
    talk.greet("no")
    (hello,) = take_frames(talk)
    assert hello["data"]["protocol"] == "fillwatch.v1"
    assert hello["data"]["authenticated"] == "no"
    assert hello["data"]["limits"] == {
        "frame_bytes": 16384,
        "frames_per_second": 20,
        "burst": 40,
        "instruments": 100,
        "fastest_ms": 100,
    }


def test_a_token_is_handed_over_to_be_looked_into() -> None:
    assert stranger().follow_frame('{"type":"auth","data":{"token":"t"}}', 1.0) == Auth("t")


def test_ready_says_who_and_where() -> None:
    talk = stranger()
    talk.set_identity(Identity(1, "x", expires_in=900.0), "1-a", 7, 0.0)
    (ready,) = take_frames(talk)
    assert ready["data"] == {"user": 1, "epoch": "1-a", "seq": 7, "expires_in": 900.0}


@pytest.mark.parametrize(
    "frame", ['{"type":"ping"}', "garbage", None, '{"type":"auth"}', " " * (FIRST_FRAME_BYTES + 1)]
)
def test_a_stranger_has_one_frame(frame: str | None) -> None:
    talk = stranger()
    assert talk.follow_frame(frame, 1.0) is None
    assert types(talk) == ["error"]
    assert ended(talk) == Close.PROTOCOL


def test_a_bad_token_ends_a_strangers_socket() -> None:
    talk = stranger()
    talk.refuse_credentials(Close.BAD_TOKEN, "No.")
    assert ended(talk) == Close.BAD_TOKEN


def test_a_bad_renewal_does_not_end_a_socket() -> None:
    talk = signed_in(expires_in=900)
    talk.refuse_credentials(Close.BAD_TOKEN, "No.")
    assert ended(talk) is None
    assert take_frames(talk)[0]["data"]["code"] == "bad_token"


def test_a_socket_stays_with_its_user() -> None:
    talk = signed_in()
    talk.set_identity(Identity(2, "x"), "1-a", 7, 0.0)
    assert ended(talk) == Close.FORBIDDEN


def test_three_bad_frames_in_a_row_are_the_end() -> None:
    talk = signed_in()
    for _ in range(2):
        talk.follow_frame("garbage", 0.0)
    talk.follow_frame('{"type":"ping"}', 0.0)  # forgives
    for _ in range(2):
        talk.follow_frame("garbage", 0.0)
    assert ended(talk) is None
    talk.follow_frame("garbage", 0.0)
    assert ended(talk) == Close.PROTOCOL


@given(some.lists(some.text() | some.sampled_from(['{"type":"ping"}', '{"type":"subscribe"}'])))
def test_any_garbage_is_answered_and_survived(frames: list[str]) -> None:
    talk, in_a_row = signed_in(), 0
    for number, frame in enumerate(frames):
        talk.follow_frame(frame, number / 20)
        errors = [frame for frame in take_frames(talk) if frame["type"] == "error"]
        in_a_row = in_a_row + 1 if errors else 0
        assert bool(errors) is (not frame.startswith('{"type"'))
        assert ended(talk) == (Close.PROTOCOL if in_a_row == STRIKES else None)
        if ended(talk):
            return


@pytest.mark.parametrize("frame", ["x" * (FRAME_BYTES + 1), "ü" * (FRAME_BYTES // 2 + 1)])
def test_a_frame_has_a_size(frame: str) -> None:
    talk = signed_in()
    talk.follow_frame(frame, 0.0)
    assert take_frames(talk)[0]["data"]["code"] == "too_large"


def test_half_a_character_is_only_garbage() -> None:
    talk = signed_in()
    talk.follow_frame("\ud800", 0.0)
    assert take_frames(talk)[0]["data"]["code"] == "bad_json"


def test_too_many_frames_at_once() -> None:
    talk = signed_in()
    for _ in range(BURST):
        talk.follow_frame('{"type":"ping"}', 0.0)
    assert set(types(talk)) == {"pong"}
    talk.follow_frame('{"type":"ping"}', 0.0)
    (error,) = take_frames(talk)
    assert error["data"]["code"] == "rate_limited"
    assert 0 < error["data"]["retry_after"] <= 51
    for _ in range(2):
        talk.follow_frame('{"type":"ping"}', 0.0)
    assert ended(talk) == Close.RATE_LIMITED


def test_twenty_frames_a_second_are_fine() -> None:
    talk = signed_in()
    for number in range(200):
        talk.follow_frame('{"type":"ping"}', number / 20)
    assert ended(talk) is None


def test_farewells_say_when_to_come_back() -> None:
    talk = signed_in()
    talk.close(Close.SLOW, "Too slow.")
    talk.close(Close.PROTOCOL, "The first reason counts.")
    bye = json.loads(talk.build_farewell())
    assert bye == {"type": "bye", "data": {"code": 4001, "message": "Too slow.", "delay": 1}}


def test_live_is_said_once_all_is_sent() -> None:
    talk = subscribed()
    talk.live()
    assert types(talk) == []


@given(some.floats(-1, 1), some.sampled_from(Close))
def test_who_may_come_back_comes_back_at_a_moment_of_their_own(chance: float, code: Close) -> None:
    talk = Conversation(RULES, 0.0, chance=chance)
    talk.close(code, "x")
    delay = json.loads(talk.build_farewell())["data"]["delay"]
    assert 0.09 <= delay <= 2 if code < Close.EXPIRED else delay == 0


def test_a_farewell_may_say_another_delay() -> None:
    talk = signed_in()
    talk.close(Close.RESTART, "The server restarts.", delay=7.25)
    assert json.loads(talk.build_farewell())["data"]["delay"] == 7.25


def test_nothing_new_is_nothing_to_send() -> None:
    talk = signed_in()
    assert not talk.has_output(1.0)
    talk.follow_frame('{"type":"pong"}', 1.0)
    assert not talk.has_output(1.0)
    talk.follow_frame('{"type":"ping"}', 1.0)
    assert talk.has_output(1.0)


def test_a_log_to_read_an_event_and_a_note_are_to_be_sent() -> None:
    talk = subscribed()
    assert talk.has_output(0.0)
    assert talk.cursor.begin_read()
    talk.cursor.page(LogPage("1-a", 7, 0, [], True))
    assert talk.live()
    talk.outbox.clear()
    assert not talk.has_output(0.0)
    talk.cursor.offer(8, [StreamEvent(8, "trade", "{}")])
    assert talk.has_output(0.0)
    assert talk.cursor.take()
    assert not talk.has_output(0.0)
    talk.cursor.note("orders_checked", None, "{}")
    assert talk.has_output(0.0)
    assert talk.take_fresh(0.0) == ["{}"]
    assert not talk.has_output(0.0)


def test_an_ended_socket_has_a_last_word() -> None:
    talk = signed_in()
    talk.tick(35.0)
    assert talk.has_output(35.0)
