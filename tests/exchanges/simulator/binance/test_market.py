"""Binance spot's public data."""

from decimal import Decimal
from itertools import pairwise

import pytest

from tests.exchanges.simulator.client import Client


async def test_time_and_ping(client: Client) -> None:
    assert (await client.public("/api/v3/ping")).body == {}
    assert (await client.public("/api/v3/time")).body["serverTime"] > 1_700_000_000_000


async def test_every_symbol_has_its_filters(client: Client) -> None:
    symbols = (await client.public("/api/v3/exchangeInfo")).body["symbols"]
    names = {row["symbol"] for row in symbols}
    assert names >= {"BTCUSDT", "ETHUSDT", "SOLUSDT", "BNBUSDT", "XRPUSDT", "DOGEUSDT", "ETHBTC"}
    filters = {row["filterType"]: row for row in symbols[0]["filters"]}
    assert filters["PRICE_FILTER"]["tickSize"] == "0.01000000"
    assert filters["LOT_SIZE"]["stepSize"] == "0.00001000"
    assert filters["NOTIONAL"]["minNotional"] == "5.00000000"


@pytest.mark.parametrize("query", [{"symbol": "BTCUSDT"}, {"symbols": '["BTCUSDT"]'}])
async def test_filters_of_requested_symbols(client: Client, query: dict[str, str]) -> None:
    body = (await client.public("/api/v3/exchangeInfo", **query)).body
    assert [row["symbol"] for row in body["symbols"]] == ["BTCUSDT"]


async def test_prices_of_one_symbol_and_of_all(client: Client) -> None:
    one = (await client.public("/api/v3/ticker/price", symbol="BTCUSDT")).body
    assert one == {"symbol": "BTCUSDT", "price": "64000.00000000"}
    assert len((await client.public("/api/v3/ticker/price")).body) == 7


async def test_day_tickers(client: Client) -> None:
    body = (await client.public("/api/v3/ticker/24hr", symbol="BTCUSDT")).body
    assert body["lastPrice"] == "64000.00000000"
    assert Decimal(body["lowPrice"]) <= Decimal(body["openPrice"]) <= Decimal(body["highPrice"])


async def test_the_book_shows_orders_and_price_levels(client: Client) -> None:
    await client.order(price="63999.99", quantity="0.5")
    body = (await client.public("/api/v3/depth", symbol="BTCUSDT", limit=5)).body
    assert body["bids"][0] == ["63999.99000000", "0.81250000"]
    assert len(body["bids"]) == len(body["asks"]) == 5
    best = (await client.public("/api/v3/ticker/bookTicker", symbol="BTCUSDT")).body
    assert (best["bidPrice"], best["askPrice"]) == ("63999.99000000", "64000.01000000")


async def test_trades_are_listed(client: Client) -> None:
    await client.order(type="MARKET", quantity="0.1")
    (trade,) = (await client.public("/api/v3/trades", symbol="BTCUSDT")).body
    assert (trade["price"], trade["qty"]) == ("64000.01000000", "0.10000000")
    assert trade["isBuyerMaker"] is False


@pytest.mark.parametrize("interval", ["1m", "1h", "1d"])
async def test_candles_follow_each_other_up_to_now(client: Client, interval: str) -> None:
    asked = {"symbol": "BTCUSDT", "interval": interval, "limit": 100}
    rows = (await client.public("/api/v3/klines", **asked)).body
    assert len(rows) == 100
    assert all(row[6] + 1 == after[0] for row, after in pairwise(rows))
    assert all(row[4] == after[1] for row, after in pairwise(rows))
    assert rows[-1][4] == "64000.00000000"


async def test_a_moved_price_moves_the_open_candle(client: Client) -> None:
    asked = {"symbol": "BTCUSDT", "interval": "1d", "limit": 1}
    await client.public("/api/v3/klines", **asked)
    await client.control("POST", "price", symbol="BTCUSDT", price="90000")
    ((_, _, high, _, close, *_),) = (await client.public("/api/v3/klines", **asked)).body
    assert (high, close) == ("90000.00000000", "90000.00000000")


@pytest.mark.parametrize(
    ("path", "params", "refusal"),
    [
        ("/api/v3/klines", {"symbol": "BTCUSDT", "interval": "7m"}, (400, -1120)),
        ("/api/v3/klines", {"symbol": "BTCUSDT"}, (400, -1102)),
        ("/api/v3/depth", {}, (400, -1102)),
        ("/api/v3/trades", {"symbol": "BTCUSDT", "limit": 0}, (400, -1130)),
        ("/api/v3/depth", {"symbol": "NOPE"}, (400, -1121)),
        ("/api/v3/ticker/price", {"symbols": '["NOPE"]'}, (400, -1121)),
        ("/api/v3/ticker/price", {"symbols": "BTCUSDT"}, (400, -1100)),
    ],
)
async def test_refusals(
    client: Client, path: str, params: dict[str, str], refusal: tuple[int, int]
) -> None:
    assert (await client.public(path, **params)).refusal == refusal
