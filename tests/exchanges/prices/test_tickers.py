"""Whole markets are asked for their prices at once, side by side, and within a budget."""

from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from exchanges.instruments import VenueMarket
from exchanges.prices import tickers
from tests.simulator import SimulatorProcess

SPOT = [VenueMarket(venue, "spot", True) for venue in ("binance", "okx", "bybit")]


@pytest.fixture(autouse=True)
def _at_rest(simulator: SimulatorProcess) -> None:
    simulator.control.post("walk", paused=True)
    simulator.control.post("price", symbol="BTCUSDT", price="50500.25")


def read() -> dict[VenueMarket, Any]:
    return dict(tickers.read_prices(SPOT, now=timezone.now()))


def test_every_venue_in_its_own_words() -> None:
    found = read()
    assert [str(feed) for feed in found] == [str(feed) for feed in SPOT]
    for feed, prices in found.items():
        assert float(prices["BTC/USDT"]) == 50500.25, feed
        assert {"ETH/USDT", "ETH/BTC"} <= prices.keys()


def test_a_venue_that_is_only_polled(settings: Settings) -> None:
    settings.OTHER_VENUES = ["binanceus"]
    feed = VenueMarket("binanceus", "spot", True)
    found = dict(tickers.read_prices([feed], now=timezone.now()))
    assert float(found[feed]["BTC/USDT"]) == 50500.25


def test_one_that_fails_costs_the_others_nothing(simulator: SimulatorProcess) -> None:
    match = {"venue": "okx"}
    simulator.control.post("faults", kind="maintenance", match=match)
    assert [feed.venue for feed in read()] == ["binance", "bybit"]


@pytest.mark.django_db
def test_who_is_told_to_wait_is_not_asked_again(simulator: SimulatorProcess) -> None:
    match = {"venue": "binance"}
    simulator.control.post("faults", kind="ban", match=match, seconds=60)
    assert [feed.venue for feed in read()] == ["okx", "bybit"]
    assert [feed.venue for feed in read()] == ["okx", "bybit"]


def test_prices_leave_orders_their_share(settings: Settings) -> None:
    """A share so small that one question fills it."""
    settings.PRICES_SHARE = 0.0001
    assert len(read()) == 3
    assert read() == {}
