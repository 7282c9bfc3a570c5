"""What may be asked of a venue within a minute, whoever asks."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from exchanges import venues
from exchanges.limits import weight_budget
from exchanges.models import ExchangeKey

Attach = Callable[..., ExchangeKey]
LIMIT = venues.get_weights("binance", "spot").per_minute


@pytest.fixture
def key(attach: Attach) -> ExchangeKey:
    return attach()


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture(autouse=True)
def _shares(settings: Settings) -> None:
    """100 for checks, 90 of them for those that can wait, 20 for audits, 10 for all else."""
    settings.VENUE_BUDGET_SHARE = 100 / LIMIT
    settings.STREAM_AUDIT_SHARE = 20 / LIMIT
    settings.HOLDINGS_SHARE = settings.SURVEY_SHARE = 10 / LIMIT


def test_no_minute_ever_holds_more_than_the_limit(key: ExchangeKey, now: datetime) -> None:
    """Whoever asks every second gets the limit in each minute that one may choose, and no more."""
    taken = [
        weight_budget.try_spend(key, 7, now=now + timedelta(seconds=second), pressing=True)
        for second in range(300)
    ]
    for first in range(240):
        assert sum(taken[first : first + 60]) * 7 <= 100
    assert sum(taken) * 7 > 100 * 4


def test_what_cannot_wait_finds_room_when_the_others_have_taken_theirs(
    key: ExchangeKey, now: datetime
) -> None:
    assert weight_budget.try_spend(key, 90, now=now)
    assert not weight_budget.try_spend(key, 1, now=now)
    assert weight_budget.try_spend(key, 10, now=now, pressing=True)
    assert not weight_budget.try_spend(key, 1, now=now, pressing=True)
    assert weight_budget.try_spend(key, 90, now=now + timedelta(seconds=62))


def test_audits_surveys_and_holdings_keep_to_their_shares(key: ExchangeKey, now: datetime) -> None:
    assert weight_budget.try_spend(key, 20, now=now, window=weight_budget.AUDIT)
    assert not weight_budget.try_spend(key, 1, now=now, window=weight_budget.AUDIT)
    for window in (weight_budget.LISTINGS, weight_budget.HOLDINGS):
        assert weight_budget.try_spend(key, 10, now=now, window=window)
        assert not weight_budget.try_spend(key, 1, now=now, window=window)
    assert weight_budget.try_spend(key, 50, now=now)
    assert not weight_budget.try_spend(key, 1, now=now)


def test_what_is_dearer_than_a_minute_waits_for_an_empty_one(
    key: ExchangeKey, now: datetime
) -> None:
    assert weight_budget.try_spend(key, 1, now=now)
    assert not weight_budget.try_spend(key, 500, now=now)
    assert weight_budget.try_spend(key, 500, now=now + timedelta(seconds=62))
    assert not weight_budget.try_spend(key, 1, now=now + timedelta(seconds=63), pressing=True)


def test_what_was_asked_beyond_the_plan_counts(key: ExchangeKey, now: datetime) -> None:
    weight_budget.record_overspend(key, 200, now=now)
    assert not weight_budget.try_spend(key, 1, now=now, pressing=True)
    weight_budget.record_overspend(key, -5, now=now)
    assert not weight_budget.try_spend(key, 1, now=now, pressing=True)


@pytest.mark.parametrize(("venue", "shared"), [("binance", True), ("okx", False)])
def test_who_is_counted_together(
    attach: Attach, now: datetime, settings: Settings, venue: str, shared: bool
) -> None:
    one = attach(venue=venue)
    other = attach(venue=venue, label="Other", api_key="another-api-key")
    settings.VENUE_BUDGET_SHARE = 100 / venues.get_weights(venue, "spot").per_minute
    assert weight_budget.try_spend(one, 90, now=now)
    assert weight_budget.try_spend(other, 90, now=now) is not shared


def test_paper_money_spends_nothing_of_the_real_venue(attach: Attach, now: datetime) -> None:
    real = attach()
    paper = attach(label="Paper", is_paper=True)
    assert weight_budget.try_spend(paper, 90, now=now)
    assert weight_budget.try_spend(real, 90, now=now)


def test_many_at_once_get_no_more_than_there_is(key: ExchangeKey, now: datetime) -> None:
    with ThreadPoolExecutor(8) as threads:
        taken = list(threads.map(lambda _: weight_budget.try_spend(key, 3, now=now), range(200)))
    assert sum(taken) == 30


def test_where_keys_are_counted_their_address_is_too(
    attach: Attach, now: datetime, settings: Settings
) -> None:
    """Each Bybit key may ask 3,000 times a minute, and all behind an address 600 in 5 seconds."""
    many = [attach(venue="bybit", label=f"B{n}", api_key=f"key-number-{n}") for n in range(5)]
    settings.VENUE_BUDGET_SHARE = 0.5
    assert [weight_budget.try_spend(key, 90, now=now) for key in many] == [
        True,
        True,
        True,
        False,
        False,
    ]
    later = now + timedelta(seconds=7)
    assert [weight_budget.try_spend(key, 90, now=later) for key in many] == [
        True,
        True,
        True,
        False,
        False,
    ]
