"""Binance's figures of markets and accounts: windows, candles of index and mark, open interest."""

from decimal import Decimal
from typing import Any

import aiohttp
import pytest

from exchanges.simulator.server import RunningSimulator
from tests.exchanges.simulator.client import Answer, Client

BTC = {"symbol": "BTCUSDT"}
PAIR = {"pair": "BTCUSDT", "contractType": "PERPETUAL"}
MINUTES = {"interval": "1m", "limit": 3}
HISTORY = "/futures/data/openInterestHist"


@pytest.fixture
async def trader(simulator: RunningSimulator, session: aiohttp.ClientSession) -> Client:
    base = f"http://127.0.0.1:{simulator.port}"
    fields = {"futures": {"USDT": "100000"}, "permissions": {"futures": True}}
    return await Client.open(session, base, {"USDT": "1000"}, **fields)


async def buy_contracts(client: Client, quantity: str, side: str = "BUY") -> Answer:
    order = {**BTC, "side": side, "type": "MARKET", "quantity": quantity}
    return await client.signed("POST", "/fapi/v1/order", **order)


@pytest.mark.parametrize(("size", "spans"), [("1m", 1), ("3h", 180), ("2d", 2880)])
async def test_a_window_ends_now_and_is_as_long_as_asked(
    client: Client, size: str, spans: int
) -> None:
    row = (await client.public("/api/v3/ticker", **BTC, windowSize=size)).body
    assert row["lastPrice"] == "64000.00000000"
    minutes = (row["closeTime"] - row["openTime"]) / 60_000
    assert spans <= minutes < spans + 1
    assert Decimal(row["lowPrice"]) <= Decimal(row["openPrice"]) <= Decimal(row["highPrice"])


@pytest.mark.parametrize("path", ["/api/v3/ticker", "/api/v3/ticker/tradingDay"])
async def test_a_mini_row_has_no_changes_and_a_list_has_each_symbol(
    client: Client, path: str
) -> None:
    names = '["BTCUSDT","ETHUSDT"]'
    rows = (await client.public(path, symbols=names, type="MINI")).body
    assert [row["symbol"] for row in rows] == ["BTCUSDT", "ETHUSDT"]
    assert "priceChange" not in rows[0]
    assert (await client.public(path)).refusal == (400, -1102)
    assert (await client.public(path, **BTC, type="TINY")).refusal == (400, -1130)


@pytest.mark.parametrize("size", ["60m", "0h", "8d", "1w", "-1m", "1"])
async def test_a_window_of_no_such_size_is_refused(client: Client, size: str) -> None:
    assert (await client.public("/api/v3/ticker", **BTC, windowSize=size)).refusal == (400, -1130)


@pytest.mark.parametrize("path", ["/api/v3/historicalTrades", "/fapi/v1/historicalTrades"])
async def test_older_trades_begin_with_the_id(trader: Client, path: str) -> None:
    for _ in range(3):
        await buy_contracts(trader, "0.001")
        order = {"type": "MARKET", "quantity": "0.001"}
        await trader.order(**order)
    listed = (await trader.public(path, **BTC)).body
    assert len(listed) == 3
    middle = listed[1]["id"]
    found = (await trader.public(path, **BTC, fromId=middle, limit=1)).body
    assert [row["id"] for row in found] == [middle]


async def test_the_index_is_the_spot_price_and_the_mark_the_contracts(trader: Client) -> None:
    await trader.control("POST", "price", symbol="BTCUSDT-PERP", price="64640")
    mark = (await trader.public("/fapi/v1/markPriceKlines", **BTC, **MINUTES)).body[-1]
    index = (await trader.public("/fapi/v1/indexPriceKlines", **PAIR, **MINUTES)).body[-1]
    pair = (await trader.public("/fapi/v1/continuousKlines", **PAIR, **MINUTES)).body[-1]
    premium = (await trader.public("/fapi/v1/premiumIndexKlines", **BTC, **MINUTES)).body[-1]
    closes = [Decimal(row[4]) for row in (mark, pair, index, premium)]
    assert closes == [Decimal(64640), Decimal(64640), Decimal(64000), Decimal("0.01")]
    assert mark[5] == premium[5] == "0.00000000"
    assert len({row[0] for row in (mark, index, pair, premium)}) == 1


async def test_open_interest_is_what_one_side_holds(trader: Client) -> None:
    other = await Client.open(
        trader.session,
        trader.base,
        {},
        futures={"USDT": "100000"},
        permissions={"futures": True},
    )
    await buy_contracts(trader, "0.03")
    await buy_contracts(other, "0.01", "SELL")
    row = (await trader.public("/fapi/v1/openInterest", **BTC)).body
    assert row["openInterest"] == "0.03"
    (history,) = (await trader.public(HISTORY, **BTC, period="5m")).body
    assert Decimal(history["sumOpenInterestValue"]) == Decimal("0.03") * 64000
    ratio = "/futures/data/globalLongShortAccountRatio"
    (share,) = (await trader.public(ratio, **BTC, period="5m")).body
    assert (share["longAccount"], share["longShortRatio"]) == ("0.3333", "0.4999")
    assert (await trader.public(HISTORY, **BTC, period="7m")).refusal == (400, -1130)


async def test_an_account_learns_its_fees_and_its_order_counts(client: Client) -> None:
    await client.order()
    fees = (await client.signed("GET", "/api/v3/account/commission", **BTC)).body
    assert fees["standardCommission"]["taker"] == "0.00100000"
    counts: list[Any] = (await client.signed("GET", "/api/v3/rateLimit/order")).body
    assert [(row["interval"], row["count"]) for row in counts] == [("SECOND", 1), ("DAY", 1)]
