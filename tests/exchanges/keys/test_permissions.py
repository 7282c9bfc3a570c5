"""What is made of a venue's words about a key."""

import pytest

from exchanges.base import KeyReport
from exchanges.keys import permissions


def report(**other: bool | None) -> KeyReport:
    said = {"can_read": True, "can_trade": True, "can_withdraw": False, "ip_restricted": True}
    return KeyReport(**(said | other))  # type: ignore[arg-type]


def judged(**other: bool | None) -> permissions.KeyVerdict:
    return permissions.judge_report(report(**other), venue="Binance")


def test_a_good_key_is_told_what_it_may() -> None:
    verdict = judged()
    assert verdict.ok
    assert verdict.message == "Binance accepts this key: it may read and trade."
    assert (verdict.permissions, verdict.warnings) == (("read", "trade"), ())


def test_a_key_that_may_withdraw_is_stopped() -> None:
    verdict = judged(can_withdraw=True)
    assert (verdict.ok, verdict.stop) == (False, True)
    assert "withdraw" in verdict.permissions
    assert "withdrawals are allowed: create a key without that right" in verdict.warnings


def test_a_key_that_may_not_read_is_of_no_use_yet() -> None:
    verdict = judged(can_read=False)
    assert (verdict.ok, verdict.stop) == (False, False)
    assert "may not read" in verdict.message


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"can_trade": False}, "this key may not trade: orders can be watched, not placed"),
        ({"ip_restricted": False}, "this key works from any address: bind it to this server's"),
    ],
)
def test_a_weakness_is_a_warning(other: dict[str, bool], words: str) -> None:
    verdict = judged(**other)
    assert verdict.ok
    assert verdict.warnings == (words,)


def test_what_a_venue_does_not_say_of_a_key_is_not_made_up() -> None:
    verdict = judged(can_trade=None, can_withdraw=None, ip_restricted=None)
    assert (verdict.ok, verdict.stop, verdict.permissions) == (True, False, ("read",))
    assert verdict.warnings == (
        "this venue does not say what a key may: make sure that it cannot withdraw",
    )


def test_an_unknown_binding_is_no_warning() -> None:
    assert judged(ip_restricted=None).warnings == ()


def test_a_refusal_stops_the_key_and_silence_does_not() -> None:
    assert permissions.key_refused("Invalid API-key (-2015)", venue="Binance").stop
    silence = permissions.venue_unavailable("no answer in time", venue="Binance")
    assert (silence.ok, silence.stop, silence.heard) == (False, False, False)


def test_long_words_are_cut() -> None:
    assert len(permissions.key_refused("x" * 5000, venue="Binance").message) < 600
