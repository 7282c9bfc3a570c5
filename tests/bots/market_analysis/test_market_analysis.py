"""Analyses are stored once a minute and served as a series."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from bots import tasks
from bots.market_analysis import record
from bots.models import MarketAnalysis, PriceMinute
from exchanges.models import Symbol
from exchanges.prices.candle_query import fetch_candles
from realtime.values import format_time
from tests.conftest import sign_in
from tests.simulator import SimulatorProcess
from users.models import User

NAME, OTHER = "binance.spot.paper:BTC/USDT", "binance.spot:ETH/USDT"


@pytest.fixture
def prices(db: None) -> None:
    Symbol.objects.create(
        **{"venue": "binance", "market": "spot", "is_paper": True, "name": "BTC/USDT"},
        **{"base": "BTC", "quote": "USDT", "read_at": timezone.now()},
        **{"price_step": "0.01", "quantity_step": "0.01", "min_quantity": "0.01", "min_cost": "1"},
    )
    begin = timezone.now().replace(second=0, microsecond=0)
    for ago in range(90):  # more than the hour that counts
        at, price = begin - timedelta(minutes=ago), Decimal(100) if ago else Decimal(500)
        PriceMinute.objects.create(instrument=NAME, at=at, low=price, high=price + 1)
    at = begin - timedelta(minutes=5)
    PriceMinute.objects.create(instrument=OTHER, at=at, low=1, high=2)  # watched no longer


def test_the_last_whole_hour_is_stored_once(prices: None) -> None:
    now = timezone.now()
    assert record.record_analyses(now=now) == 1
    record.record_analyses(now=now.replace(second=59))
    row = MarketAnalysis.objects.get()
    assert (row.instrument, row.minutes) == (NAME, 60)
    assert (row.low, row.high, row.price) == (100, 101, Decimal("100.5"))
    assert (row.trend, row.volatility_percent) == ("sideways", Decimal(0))


def read_analyses(user: User | None, **query: str) -> Any:
    client = APIClient()
    if user:
        client.force_authenticate(user)
    return client.get("/api/v1/markets/analysis/", query)


def test_analyses_are_served_with_their_origin(prices: None, user: User) -> None:
    tasks.analyse_markets()
    row = MarketAnalysis.objects.get()
    MarketAnalysis.objects.create(
        **{"instrument": NAME, "at": row.at - timedelta(days=1, minutes=1), "minutes": 1},
        **{"price": 1, "low": 1, "high": 1, "change_percent": 0, "range_percent": 0},
        trend="unknown",
    )
    answer = read_analyses(user, instrument=NAME)
    assert answer.status_code == 200, answer.json()
    data = answer.json()
    assert (data["instrument"], data["simulated"]) == (NAME, True)
    [point] = data["points"]
    assert (point["price"], point["low"], point["range_percent"]) == ("100.5", "100", "1")


def test_strangers_and_unknown_markets_are_refused(prices: None, user: User) -> None:
    assert read_analyses(user, instrument="binance.spot.paper:NO/NE").status_code == 404
    assert read_analyses(user, instrument="nonsense").status_code == 404
    assert read_analyses(user).status_code == 400
    assert read_analyses(user, instrument=NAME, other="1").status_code == 400
    assert read_analyses(None, instrument=NAME).status_code == 401


def test_the_volume_of_the_hour_comes_from_its_venues_candles(
    prices: None, user: User, simulator: SimulatorProcess, client: Client
) -> None:
    sign_in(client, user)
    assert "There are no analyses" in client.get(f"/market-analysis/{NAME}/").content.decode()
    tasks.analyse_markets()
    row = MarketAnalysis.objects.get()
    candles = fetch_candles(NAME, "1m", now=timezone.now())
    begin = format_time(row.at - timedelta(hours=1))
    hour = [one for one in candles if begin <= one["at"] < format_time(row.at)]
    assert len(hour) == 60
    assert row.volume == sum(Decimal(one["volume"]) for one in hour) > 0
    assert read_analyses(user, instrument=NAME).json()["points"][0]["volume"] is not None
    page = client.get(f"/market-analysis/{NAME}/").content.decode()
    assert page.count("<figure") == page.count('class="line"') == 4
    assert "Sideways" in page
    assert client.get("/market-analysis/binance.spot.paper:NO/NE/").status_code == 404


def test_a_venue_that_cannot_be_asked_leaves_the_volume_open(
    prices: None, simulator: SimulatorProcess
) -> None:
    simulator.control.post("faults", kind="maintenance", match={"venue": "binance"})
    tasks.analyse_markets()
    assert MarketAnalysis.objects.get().volume is None
