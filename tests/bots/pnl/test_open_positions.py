"""Open positions at the last known price, with its age; an unknown price stays unknown."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from bots.models import PnlBook
from bots.pnl import open_positions
from bots.prices import price_table
from exchanges.holdings import record
from exchanges.holdings.record import HoldingsReport
from exchanges.instruments import VenueMarket
from exchanges.models import ExchangeKey
from realtime import prices, redis
from realtime.values import format_time
from tests.bots.pnl.fills import create_key
from tests.exchanges.holding_reports import position_report
from tests.services import wait_until
from users.models import User

BTC = "binance.spot.paper:BTC/USDT"


@pytest.fixture
def api(user: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


def hold(key: ExchangeKey, held: str, cost: str, symbol: str = "BTC/USDT") -> PnlBook:
    return PnlBook.objects.create(user=key.user, key=key, symbol=symbol, quote="USDT",
                               held=Decimal(held), cost=Decimal(cost))  # fmt: skip


def say(price: str, *, at: datetime, stale: bool = False, name: str = BTC) -> None:
    data: Any = {"instrument": name, "simulated": True, "last": price, "bid": None, "ask": None,
                 "at": format_time(at), "stale": stale}  # fmt: skip
    kept = {f"price_update {name}": json.dumps({"type": "price_update", "data": data})}
    redis.redis_client().hset(prices.NEWEST, mapping=kept)


@pytest.mark.parametrize(("held", "cost", "gain"), [("2", "200", 20), ("-2", "-200", -20)])
def test_unrealised_profit_of_long_and_short(
    key: ExchangeKey, held: str, cost: str, gain: int
) -> None:
    now = timezone.now()
    book = hold(key, held, cost)
    say("110", at=now - timedelta(seconds=5))
    (one,) = open_positions.value_positions([book], now=now)
    assert (one.average, one.price, one.unrealised) == tuple(map(Decimal, (100, 110, gain)))
    assert (one.age, one.is_stale) == (Decimal(5), False)


def test_without_a_price_it_is_unknown_not_zero(key: ExchangeKey, api: APIClient) -> None:
    hold(key, "2", "200")
    (one,) = api.get("/api/v1/analytics/unrealised/").json()
    assert one["unrealised"] is one["price"] is one["age"] is None
    assert one["stale"]
    (whole,) = api.get("/api/v1/analytics/summary/").json()
    assert whole["unrealised"]["value"] is None
    assert whole["unrealised"]["unpriced"] == ["BTC/USDT"]


@pytest.mark.parametrize(("seconds", "stale"), [(31, False), (1, True)])
def test_an_old_price_is_stale(key: ExchangeKey, seconds: int, stale: bool) -> None:
    now = timezone.now()
    book = hold(key, "2", "200")
    say("110", at=now - timedelta(seconds=seconds), stale=stale)
    (one,) = open_positions.value_positions([book], now=now)
    assert one.is_stale
    assert (one.age, one.unrealised) == (Decimal(seconds), Decimal(20))


def test_an_old_price_of_a_followed_market_is_not_stale(key: ExchangeKey) -> None:
    now = timezone.now()
    book = hold(key, "2", "200")
    say("110", at=now - timedelta(seconds=100))
    redis.redis_client().set(prices.FOLLOWED + prices.get_feed(BTC), "a process")
    (one,) = open_positions.value_positions([book], now=now)
    assert (one.age, one.is_stale) == (Decimal(100), False)


def test_one_missing_price_makes_the_sum_unknown(key: ExchangeKey, api: APIClient) -> None:
    hold(key, "2", "200")
    hold(key, "3", "30", "ETH/USDT")
    say("110", at=timezone.now())
    (whole,) = api.get("/api/v1/analytics/summary/").json()
    assert whole["unrealised"]["value"] is None
    say("11", at=timezone.now(), name=BTC.replace("BTC", "ETH"))
    (whole,) = api.get("/api/v1/analytics/summary/").json()
    assert whole["unrealised"] | {"age": ""} == {
        "value": "23",
        "contracts": "0",
        "coins": "23",
        "age": "",
        "stale": False,
        "unpriced": [],
    }


def test_nothing_held_is_not_listed(key: ExchangeKey, api: APIClient) -> None:
    hold(key, "0", "0")
    assert api.get("/api/v1/analytics/unrealised/").json() == []


@pytest.mark.parametrize("path", ["unrealised", "summary"])
def test_a_request_has_the_prices_followed(key: ExchangeKey, api: APIClient, path: str) -> None:
    hold(key, "2", "200")
    assert BTC not in prices.list_requested()
    api.get(f"/api/v1/analytics/{path}/", {"key": key.pk})
    assert BTC in prices.list_requested()


def test_very_much_and_very_little_are_added_up_to_the_last_digit(key: ExchangeKey) -> None:
    now = timezone.now()
    books = [hold(key, "1", "-12345678901234567890"), hold(key, "1", "-1e-18", "ETH/USDT")]
    for name in (BTC, BTC.replace("BTC", "ETH")):
        say("1", at=now, name=name)
    found = open_positions.total_unrealised(open_positions.value_positions(books, now=now))
    assert found["value"] == "12345678901234567892.000000000000000001"


@pytest.mark.parametrize("path", ["unrealised", "summary"])
def test_the_first_request_waits_for_the_first_price(
    transactional_db: None, key: ExchangeKey, api: APIClient, path: str
) -> None:
    """A process follows the market, and sends a price once it sees that somebody wants it."""
    hold(key, "2", "200")
    redis.redis_client().set(prices.FOLLOWED + prices.get_feed(BTC), "a process")
    with ThreadPoolExecutor(1) as feed:
        sent = feed.submit(_send_price_when_wanted)
        (first,) = api.get(f"/api/v1/analytics/{path}/").json()
        sent.result()
    answer = first["unrealised"]
    assert (answer["value"] if path == "summary" else answer) == "20"


def _send_price_when_wanted() -> None:
    wait_until(lambda: BTC in prices.list_requested(), what="the price to be wanted")
    say("110", at=timezone.now())


def test_nobody_waits_where_no_process_would_bring_a_price(key: ExchangeKey) -> None:
    book = hold(key, "2", "200")
    open_positions.value_positions([book], now=timezone.now(), patience=600)
    redis.redis_client().set(prices.FOLLOWED + prices.get_feed(BTC), "a process")
    open_positions.value_positions([book], now=timezone.now(), patience=600)  # asked before


def test_what_no_stream_tells_has_the_price_that_its_market_was_asked_for(
    key: ExchangeKey,
) -> None:
    """The same that values the portfolio; another market's price is not this one's."""
    now = timezone.now()
    book, ether = hold(key, "2", "200"), hold(key, "1", "10", symbol="ETH/USDT")
    market = VenueMarket("binance", "spot", True)
    price_table.store_prices(market, {"BTC/USDT": "110"}, now=now - timedelta(minutes=2))
    okx = market._replace(venue="okx")
    price_table.store_prices(okx, {"ETH/USDT": "11", "BTC/USDT": "1"}, now=now)
    one, other = open_positions.value_positions([book, ether], now=now)
    assert (one.unrealised, one.age, one.is_stale) == (Decimal(20), Decimal(120), True)
    assert (other.unrealised, other.is_stale) == (None, True)
    say("105", at=now)
    (live,) = open_positions.value_positions([book], now=now)
    assert (live.unrealised, live.is_stale) == (Decimal(10), False)


def test_a_contract_has_the_price_of_its_position(user: User) -> None:
    """Or the same page would show two profits of it."""
    now, perp = timezone.now(), "BTC/USDT:USDT"
    key = create_key(user, market="futures")
    book = hold(key, "2", "200", symbol=perp)
    report = position_report(perp, "2", entry_price="100", mark_price="103")
    seen = HoldingsReport(at=now - timedelta(seconds=3), positions=[report])
    record.record(key.pk, seen, now=now)
    say("110", at=now, name=f"binance.futures.paper:{perp}")
    (one,) = open_positions.value_positions([book], now=now)
    assert (one.unrealised, one.age, one.is_stale) == (Decimal(6), Decimal(3), False)
    assert key.positions.get().unrealised == one.unrealised
    (one,) = open_positions.value_positions([book], now=now + timedelta(seconds=27))
    assert (one.unrealised, one.is_stale) == (Decimal(6), True), "old here as on the holdings page"
