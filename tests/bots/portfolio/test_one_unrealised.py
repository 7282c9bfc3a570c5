"""One unrealised profit: pages, API and events say the same of coins and of contracts."""

import json
import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from bots.models import Bot, PnlBook
from bots.prices import price_table
from exchanges.holdings import marks, record
from exchanges.holdings.record import HoldingsReport
from exchanges.instruments import VenueMarket
from exchanges.models import ExchangeKey, Symbol
from orders.web.row_text import MINUS
from realtime import prices, redis
from realtime.values import format_time
from tests.bots.pnl.fills import FillSpec, count_fills, create_bot, create_key, write_fills
from tests.exchanges.holding_reports import balance_report, position_report
from tests.realtime.event_log import read_events
from users.models import User

PERP = "BTC/USDT:USDT"
COINS, CONTRACTS = Decimal("-12"), Decimal("34.5")


@pytest.fixture
def api(user: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


@pytest.fixture
def page(client: Client, user: User) -> Client:
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    return client


def stream_price(name: str, last: str) -> None:
    now = timezone.now()
    data: Any = {"instrument": name, "simulated": True, "last": last, "bid": None, "ask": None,
                 "at": format_time(now), "stale": False}  # fmt: skip
    frame = json.dumps({"type": "price_update", "data": data})
    redis.redis_client().hset(prices.NEWEST, f"price_update {name}", frame)


def trade(key: ExchangeKey, symbol: str, *rows: tuple[str, str, str]) -> Bot:
    """Let a bot of this key trade: buy 1 at 100, buy 1 at 120 …; each row is counted."""
    bot = create_bot(key, f"bot of {symbol}")
    Bot.objects.filter(pk=bot.pk).update(symbol=symbol)
    specs = [
        FillSpec(minute, side, Decimal(quantity), Decimal(price), is_bots=True)
        for minute, (side, quantity, price) in enumerate(rows)
    ]
    write_fills(key, specs, bot, symbol)
    count_fills(key)
    return bot


@pytest.fixture
def trader(user: User) -> User:
    """Coins bought at 100 and 124, half of them sold; a contract likewise; prices of now."""
    spot = create_key(user)
    trade(spot, "BTC/USDT", ("buy", "1", "100"), ("buy", "1", "124"), ("sell", "1", "130"))
    futures = create_key(user, label="futures", market="futures")
    trade(futures, PERP, ("buy", "3", "100"), ("buy", "3", "111"), ("sell", "3", "130"))
    now = timezone.now()
    held = [position_report(PERP, "3", entry_price="105.5", mark_price="110")]
    wallet = [balance_report("USDT", "500")]
    record.record(spot.pk, HoldingsReport(at=now, balances=wallet, complete=True), now=now)
    seen = HoldingsReport(at=now - timedelta(seconds=9), balances=wallet, positions=held)
    record.record(futures.pk, seen, now=now)
    stream_price("binance.spot.paper:BTC/USDT", "112")
    stream_price(f"binance.futures.paper:{PERP}", "117")
    marks.update_marks(now=now)
    return user


def read_text(client: Client, address: str) -> str:
    html = client.get(address).content.decode()
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def test_pages_api_and_events_tell_one_unrealised_profit(
    trader: User, api: APIClient, page: Client
) -> None:
    """First in, first out would have made the contract's book differ from its position."""
    (position,) = api.get("/api/v1/positions/").json()
    told = [
        json.loads(event.frame)["data"]
        for event in read_events(trader.pk, 0, 1000)
        if event.type == "position_update"
    ]
    portfolio = api.get("/api/v1/portfolio/").json()
    (summary,) = api.get("/api/v1/analytics/summary/").json()
    bots = api.get("/api/v1/analytics/bots/").json()
    for query in ({}, {"key": position["key"]}, {"bot": bots[0]["bot"]}, {"bot": bots[1]["bot"]}):
        for row in api.get("/api/v1/analytics/unrealised/", query).json():
            gain = CONTRACTS if row["symbol"] == PERP else COINS
            assert Decimal(row["unrealised"]) == gain, (query, row)
    assert {Decimal(row["unrealised"]["value"]) for row in bots} == {COINS, CONTRACTS}
    parts = {name: Decimal(summary["unrealised"][name]) for name in ("value", "contracts", "coins")}
    assert parts == {"value": COINS + CONTRACTS, "contracts": CONTRACTS, "coins": COINS}
    figures = {position["unrealised"], told[-1]["unrealised"], portfolio["unrealised"]}
    assert {Decimal(figure) for figure in figures} == {CONTRACTS}
    assert position["mark_at"] == told[-1]["mark_at"] == portfolio["unrealised_as_of"]
    text = read_text(page, "/portfolio/")
    assert "+34.50 is the unrealised profit of open contracts" in text
    assert f"+22.50 USDT +34.50 in contracts, {MINUS}12.00 in coins; price" in text
    rows = read_text(page, "/bots/")
    assert "+34.50" in rows
    assert f"{MINUS}12.00" in rows
    assert "+34.5" in read_text(page, "/holdings/")


def test_a_contract_is_counted_as_its_venue_counts_and_coins_as_it_is_set(trader: User) -> None:
    books = PnlBook.objects.filter(bot=None)
    assert {book.symbol: book.state["ledger"]["method"] for book in books} == {
        "BTC/USDT": "fifo",
        PERP: "average",
    }


def test_the_first_price_is_that_of_a_stream_or_is_on_its_way(
    user: User, api: APIClient, page: Client
) -> None:
    """In the first half minute no market was asked for all its prices yet."""
    now = timezone.now()
    key = create_key(user)
    held = [balance_report("BTC", "2"), balance_report("ETH", "5"), balance_report("USDT", "7")]
    record.record(key.pk, HoldingsReport(at=now, balances=held, complete=True), now=now)
    stream_price("binance.spot.paper:BTC/USDT", "100")
    portfolio = api.get("/api/v1/portfolio/").json()
    assert (portfolio["total"], portfolio["unpriced"], portfolio["awaited"]) == (
        "207",
        ["ETH"],
        ["ETH"],
    )
    text = read_text(page, "/portfolio/")
    assert "Not counted yet, price on its way: ETH." in text
    assert "no price" not in text
    stream_price("binance.spot.paper:ETH/USDT", "10")
    assert "price on its way" not in read_text(page, "/portfolio/")
    redis.redis_client().delete(prices.NEWEST)
    price_table.store_prices(VenueMarket("binance", "spot", True), {"BTC/USDT": "100"}, now=now)
    portfolio = api.get("/api/v1/portfolio/").json()
    assert (portfolio["unpriced"], portfolio["awaited"]) == (["ETH"], [])
    assert "Not counted, because no price is known: ETH." in read_text(page, "/portfolio/")


def test_what_waits_for_its_first_price_is_followed(user: User, page: Client) -> None:
    """The page names its pair to the browser too, so that the price comes by itself."""
    now, key = timezone.now(), create_key(user)
    Symbol.objects.create(
        venue="binance",
        market="spot",
        is_paper=True,
        name="ETH/USDT",
        base="ETH",
        quote="USDT",
        price_step=1,
        quantity_step=1,
        min_quantity=1,
        min_cost=1,
        read_at=now,
    )
    held = [balance_report("ETH", "5"), balance_report("ODD", "1")]
    record.record(key.pk, HoldingsReport(at=now, balances=held, complete=True), now=now)
    html = page.get("/portfolio/").content.decode()
    assert 'data-instruments="binance.spot.paper:ETH/USDT"' in html
    assert "binance.spot.paper:ETH/USDT" in prices.list_requested()
