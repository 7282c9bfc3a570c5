"""How often streams open: counted over all processes, by venue, and nobody who waits is counted."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from exchanges.base import RateLimitError
from exchanges.limits import bans, connect_rate
from exchanges.models import ExchangeKey
from tests.services import wait_until

Attach = Callable[..., ExchangeKey]


@pytest.fixture
def key(attach: Attach) -> ExchangeKey:
    return attach()


def allow(settings: Settings, **limits: str) -> None:
    settings.STREAM_CONNECTS = limits


def test_so_many_and_then_none_for_a_while(key: ExchangeKey, settings: Settings) -> None:
    allow(settings, binance="3/100")
    assert [connect_rate.request_connect(key) for _ in range(3)] == [0, 0, 0]
    assert 90 < connect_rate.request_connect(key) <= 100
    assert 90 < connect_rate.request_connect(key) <= 100


def test_who_waits_costs_the_others_nothing(key: ExchangeKey, settings: Settings) -> None:
    allow(settings, binance="1/0.3")
    assert connect_rate.request_connect(key) == 0
    waits = [connect_rate.request_connect(key) for _ in range(20)]
    assert max(waits) <= 0.3
    wait_until(lambda: connect_rate.request_connect(key) == 0, what="the next turn", timeout=5)


def test_never_more_than_allowed_within_any_span(key: ExchangeKey, settings: Settings) -> None:
    """Many at once, as processes do: the count is one."""
    allow(settings, binance="5/100")
    with ThreadPoolExecutor(8) as threads:
        waits = list(threads.map(lambda _: connect_rate.request_connect(key), range(40)))
    assert waits.count(0) == 5


def test_each_venue_by_itself(attach: Attach, key: ExchangeKey, settings: Settings) -> None:
    allow(settings, binance="1/100", okx="1/100", simulated="1/100")
    futures = attach(label="F", market="futures", api_key="futures-key-1")
    paper = attach(label="P", api_key="paper-key-01", is_paper=True)
    spot = attach(label="O", venue="okx", passphrase="p", api_key="okx-key-0001")
    swaps = attach(label="S", venue="okx", market="futures", passphrase="p", api_key="okx-key-2")
    assert [connect_rate.request_connect(one) for one in (key, futures, paper, spot)] == [
        0,
        0,
        0,
        0,
    ]
    assert connect_rate.request_connect(swaps) > 0, "OKX counts its markets together"


def test_an_unknown_venue_is_approached_slowly(attach: Attach, settings: Settings) -> None:
    allow(settings)
    key = attach(venue="kraken")
    assert [connect_rate.request_connect(key) for _ in range(30)] == [0] * 30
    assert connect_rate.request_connect(key) > 0


def test_a_venue_that_told_us_to_wait_is_waited_for(key: ExchangeKey) -> None:
    now = timezone.now()
    bans.note(key, RateLimitError("banned", until=now + timedelta(minutes=5)), now=now)
    assert connect_rate.request_connect(key) > 290


def test_without_a_count_streams_open_all_the_same(key: ExchangeKey, settings: Settings) -> None:
    allow(settings, binance="1/100")
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    assert [connect_rate.request_connect(key), connect_rate.request_connect(key)] == [0, 0]
