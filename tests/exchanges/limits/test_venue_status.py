"""A venue that told us to wait, or answers nobody: said once, to everybody there, until it ends."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import structlog
from django.test import Client
from django.utils import timezone

from exchanges.base import RateLimitError, VenueDown
from exchanges.keys import actions
from exchanges.limits import bans, circuit_breaker, venue_status
from exchanges.models import ExchangeKey
from tests.services import wait_until
from tests.trading import Trader
from users.models import User

Attach = Callable[..., ExchangeKey]


@pytest.fixture
def logged() -> Iterator[list[Any]]:
    with structlog.testing.capture_logs() as lines:
        yield lines


def wait(seconds: float, **more: Any) -> RateLimitError:
    return RateLimitError("Way too much", until=timezone.now() + timedelta(seconds=seconds), **more)


def freeze(key: ExchangeKey, seconds: float = 60, **more: Any) -> None:
    bans.note(key, wait(seconds, **more), now=timezone.now())


def state(key: ExchangeKey) -> str:
    return venue_status.describe_market(key, now=timezone.now())["state"]


def later(seconds: float) -> Any:
    return timezone.now() + timedelta(seconds=seconds)


def test_the_api_says_how_each_venue_stands(attach: Attach, client: Client, user: User) -> None:
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    freeze(attach())
    venues = client.get("/api/v1/venues/").json()
    stands = {(one["venue"], one["market"], one["simulated"]): one for one in venues}
    frozen = stands["binance", "spot", False]
    assert (frozen["state"], frozen["label"], frozen["words"]) == (
        "frozen",
        "Binance",
        "Way too much",
    )
    assert frozen["until"]
    paper = stands["binance", "spot", True]
    assert (paper["state"], paper["until"], paper["words"]) == ("open", None, "")


def test_a_wait_is_logged_once_and_again_only_when_it_grows(
    attach: Attach, logged: list[Any]
) -> None:
    key = attach()
    for _ in range(5):
        freeze(key, 60)
    freeze(key, 30)
    assert [line["event"] for line in logged] == ["venue banned us"]
    until = bans.get_end(key, now=timezone.now())
    freeze(key, 120)
    assert len(logged) == 2
    assert until
    assert bans.get_end(key, now=timezone.now()) > until  # type: ignore[operator]


def test_the_end_is_said_by_one_of_all_who_look(attach: Attach, logged: list[Any]) -> None:
    key = attach()
    freeze(key, 10)
    for _ in range(3):
        assert bans.get_end(key, now=later(11)) is None
    assert [line["event"] for line in logged] == ["venue banned us", "ban is over"]


def test_a_key_that_must_wait_alone_leaves_the_venue_open(attach: Attach) -> None:
    key, other = attach(), attach(label="Other", api_key="another-api-key")
    freeze(key, everyone=False)
    assert bans.get_end(key, now=timezone.now())
    assert not bans.get_end(other, now=timezone.now())
    assert state(key) == "open"


def silence(key: ExchangeKey, times: int = circuit_breaker.FAILURES_TO_OPEN) -> None:
    tally = circuit_breaker.AnswerTally()
    for _ in range(times):
        tally.add_result(key, VenueDown("no answer"))
    tally.record(now=timezone.now())


def answer(key: ExchangeKey) -> None:
    tally = circuit_breaker.AnswerTally()
    tally.add_result(key, None)
    tally.record(now=timezone.now())


def test_a_venue_that_answers_nobody_rests_until_it_answers(attach: Attach) -> None:
    key = attach()
    silence(key)
    assert state(key) == "resting"
    assert venue_status.describe_market(key, now=later(600))["until"] is None, "on trial"
    answer(key)
    assert state(key) == "open"


def test_owners_see_only_what_concerns_them(attach: Attach, other_user: User) -> None:
    mine, theirs = attach(), attach(user=other_user, venue="okx", passphrase="p", api_key="okx-key")
    freeze(theirs)
    assert venue_status.list_closed([mine], now=timezone.now()) == []
    assert [one["venue"] for one in venue_status.list_closed([theirs], now=timezone.now())] == [
        "okx"
    ]
    actions.deactivate(theirs.pk)
    theirs.refresh_from_db()
    assert venue_status.list_closed([theirs], now=timezone.now()) == []


def test_open_tabs_learn_at_once_and_when_it_is_over(
    trader: Trader, other_trader: Trader, attach: Attach
) -> None:
    here = attach(user=trader.user)
    attach(user=other_trader.user, venue="bybit", api_key="bybit-key")
    with trader.listen(), other_trader.listen():
        freeze(here, 10)
        wait_until(lambda: trader.heard("venue_state"), what="the wait at the socket")
        assert bans.get_end(here, now=later(11)) is None
        wait_until(lambda: len(trader.heard("venue_state")) == 2, what="its end")
        silence(here)
        answer(here)
        wait_until(lambda: len(trader.heard("venue_state")) == 4, what="rest and end")
    said = [frame["data"]["state"] for frame in trader.heard("venue_state")]
    assert said == ["frozen", "open", "resting", "open"]
    assert other_trader.heard("venue_state") == []
