"""The times at which a socket is pinged, warned or closed; no test waits."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from realtime.frames import Close
from realtime.socket import outage
from realtime.socket.protocol import Conversation
from realtime.socket.session import (
    Identity,
)
from tests.realtime.socket.conversations import (
    RULES,
    ended,
    signed_in,
    stranger,
    take_frames,
    types,
)


def test_nobody_signs_in() -> None:
    talk = stranger()
    assert talk.next_due() == 10
    talk.tick(9.9)
    assert ended(talk) is None
    talk.tick(10.0)
    assert ended(talk) == Close.AUTH_TIMEOUT


def test_the_server_pings_and_says_how_far_it_has_sent() -> None:
    talk = signed_in()
    talk.tick(24.9)
    assert types(talk) == []
    talk.tick(25.0)
    assert take_frames(talk) == [{"type": "ping", "data": {"seq": None, "head": 7}}]
    talk.tick(26.0)
    assert types(talk) == []


def test_whoever_answers_pings_stays() -> None:
    talk = signed_in()
    for now in range(25, 1000, 25):
        talk.tick(float(now))
        talk.follow_frame('{"type":"pong","data":{"seq":7}}', now + 0.1)
    assert ended(talk) is None
    assert talk.client_seq == 7


def test_silence_is_the_end() -> None:
    talk = signed_in()
    talk.tick(35.0)
    assert ended(talk) == Close.SILENT


def test_age_is_the_end() -> None:
    talk = signed_in()
    talk.follow_frame('{"type":"ping"}', RULES.age - 1)
    talk.tick(RULES.age)
    assert ended(talk) == Close.TOO_OLD


def test_a_token_is_announced_to_expire_and_may_be_renewed() -> None:
    talk = signed_in(expires_in=900)
    talk.follow_frame('{"type":"ping"}', 839.0)
    talk.outbox.clear()
    talk.tick(840.0)
    assert take_frames(talk)[0] == {"type": "auth_expiring", "data": {"expires_in": 60.0}}
    talk.set_identity(Identity(1, "x", expires_in=900), "1-a", 7, 850.0)
    talk.follow_frame('{"type":"ping"}', 930.0)
    talk.tick(930.0)
    assert ended(talk) is None
    assert "auth_expiring" not in types(talk)


def test_an_expired_token_has_a_grace() -> None:
    talk = signed_in(expires_in=100)
    talk.follow_frame('{"type":"ping"}', 124.0)
    talk.tick(124.9)
    assert ended(talk) is None
    talk.tick(125.0)
    assert ended(talk) == Close.EXPIRED


def test_something_is_always_due_next() -> None:
    talk = signed_in(expires_in=100)
    now, seen = 0.0, []
    while ended(talk) is None:
        now = talk.next_due()
        talk.tick(now)
        seen += types(talk)
    assert seen == ["ping"]
    assert (now, ended(talk)) == (35.0, Close.SILENT)


@pytest.mark.parametrize(("chance", "hours"), [(-1, 9.6), (0, 12), (1, 14.4)])
def test_twelve_hours_more_or_less(chance: float, hours: float) -> None:
    talk = Conversation(RULES, 0.0, chance=chance)
    talk.set_identity(Identity(1, "x"), "1-a", 7, 0.0)
    end = hours * 3600
    talk.follow_frame('{"type":"ping"}', end - 1)
    talk.tick(end - 0.1)
    assert ended(talk) is None
    talk.tick(end + 0.1)
    assert ended(talk) == Close.TOO_OLD


@given(some.floats(-1, 1))
def test_first_pings_are_spread_and_later_ones_are_regular(chance: float) -> None:
    talk = Conversation(RULES, 0.0, chance=chance)
    talk.set_identity(Identity(1, "x"), "1-a", 7, 0.0)
    talk.outbox.clear()
    first = talk.next_due()
    assert 12.5 <= first <= 25
    talk.tick(first)
    assert types(talk) == ["ping"]
    talk.follow_frame('{"type":"pong"}', first)
    assert talk.next_due() == pytest.approx(first + 25)


def test_a_token_that_ends_sooner_is_due_sooner() -> None:
    talk = signed_in(expires_in=900)
    talk.set_identity(Identity(1, "x", expires_in=70), "1-a", 7, 0.0)
    assert talk.next_due() == 10  # 60 seconds before it ends
    talk.tick(10)
    assert talk.next_due() == 25


# The database is away


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The clock, to be set."""
    clock = [100.0]
    monkeypatch.setattr("realtime.socket.outage.time.monotonic", lambda: clock[0])
    return clock


def test_a_restart_ends_no_socket(now: list[float]) -> None:
    blind = outage.BlindSweeps()
    blind.note_failure(OSError("refused"))
    now[0] += outage.GRACE_SECONDS
    assert not blind.are_too_many
    blind.note_success()
    now[0] += 60
    blind.note_failure(OSError("refused"))
    assert not blind.are_too_many


def test_an_outage_does(now: list[float]) -> None:
    blind = outage.BlindSweeps()
    blind.note_failure(OSError("refused"))
    now[0] += outage.GRACE_SECONDS + 0.1
    blind.note_failure(OSError("refused"))
    assert blind.are_too_many


@pytest.mark.parametrize(("sockets", "longest"), [(0, 10.0), (1_000, 10.0), (10_000, 53.0)])
def test_many_come_back_over_a_longer_time(sockets: int, longest: float) -> None:
    delays = [outage.draw_delay(sockets) for _ in range(1_000)]
    assert min(delays) >= outage.LEAST_DELAY
    assert 0.9 * longest < max(delays) <= longest
