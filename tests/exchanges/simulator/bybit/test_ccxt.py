"""The simulated Bybit with unmodified ccxt: production addresses, loopback resolver, local CA."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import ccxt
import ccxt.pro
import pytest

from exchanges.simulator.server import RunningSimulator
from tests.exchanges.simulator.ccxt_clients import Loopback
from tests.exchanges.simulator.client import Client, eventually

SPOT, SWAP = "BTC/USDT", "BTC/USDT:USDT"
BOTH = pytest.mark.parametrize("symbol", [SPOT, SWAP])


@pytest.fixture
async def bybit(simulator: RunningSimulator, client: Client) -> AsyncIterator[Any]:
    """Connect ccxt with its defaults: all categories, and its detection of the account type."""
    await client.control("POST", "deposit", **MONEY, key=client.key)
    described = simulator.describe()
    tls = described["venues"]["bybit"]["spot"]["tls"]  # type: ignore[index]
    trust = ssl.create_default_context(cafile=str(described["ca"]))
    resolver = Loopback(tls["host"], tls["port"])
    connector = aiohttp.TCPConnector(resolver=resolver, ssl=trust, use_dns_cache=False)
    async with aiohttp.ClientSession(connector=connector) as session:
        key = {"apiKey": client.key, "secret": client.secret}
        exchange = ccxt.pro.bybit(key | {"session": session, "enableRateLimit": False})
        exchange.own_session = False
        exchange.ssl_context = trust
        try:
            yield exchange
        finally:
            await exchange.close()


MONEY = {"asset": "USDT", "amount": "100000", "wallet": "futures"}


async def fetch_order(exchange: Any, placed: Any, symbol: str) -> Any:
    return await exchange.fetch_order(placed["id"], symbol, {"acknowledged": True})


async def test_markets_currencies_and_balance(bybit: Any) -> None:
    markets = await bybit.load_markets()
    assert markets[SPOT]["precision"] == {**markets[SPOT]["precision"], "price": 0.01}
    assert markets[SWAP]["limits"]["leverage"]["max"] == 125
    assert (markets[SWAP]["settle"], markets[SWAP]["contractSize"]) == ("USDT", 1)
    assert "BTC" in bybit.currencies
    held = (await bybit.fetch_balance())["BTC"]
    assert (held["free"], held["used"], held["total"]) == (2, 0, 2)
    assert await bybit.is_unified_enabled() == [False, True]


@BOTH
@pytest.mark.parametrize(
    ("arguments", "params", "status"),
    [
        (("limit", "buy", 0.01, 60000), {}, "open"),
        (("limit", "buy", 0.01, 60000), {"postOnly": True}, "open"),
        (("limit", "buy", 0.01, 65000), {"postOnly": True}, "canceled"),
        (("limit", "buy", 0.01, 65000), {}, "closed"),
        (("limit", "buy", 0.01, 60000), {"timeInForce": "IOC"}, "canceled"),
        (("limit", "buy", 0.01, 60000), {"timeInForce": "FOK"}, "canceled"),
        (("market", "buy", 0.01), {}, "closed"),
        (("market", "sell", 0.01), {}, "closed"),
        (("limit", "sell", 0.01, 69000), {"stopLossPrice": 60000, "reduceOnly": False}, "open"),
    ],
)
async def test_each_kind_of_order(
    bybit: Any, symbol: str, arguments: tuple[Any, ...], params: dict[str, Any], status: str
) -> None:
    if symbol == SWAP:
        await bybit.create_order(SWAP, "market", "buy", 0.1)  # something that can be reduced
    placed = await bybit.create_order(symbol, *arguments, params=params)
    assert (placed["status"], placed["filled"]) == (None, None)  # only an id is answered
    assert (await fetch_order(bybit, placed, symbol))["status"] == status


@BOTH
async def test_an_order_from_placing_to_its_end(bybit: Any, client: Client, symbol: str) -> None:
    placed = await bybit.create_order(symbol, "limit", "buy", 0.01, 60000, {"clientOrderId": "web"})
    assert [order["id"] for order in await bybit.fetch_open_orders(symbol)] == [placed["id"]]
    await bybit.edit_order(placed["id"], symbol, "limit", "buy", 0.02, 61000)
    await client.control("POST", "fill", clientOrderId="web", quantity="0.004")
    partly = await fetch_order(bybit, placed, symbol)
    assert (partly["filled"], partly["amount"], partly["status"]) == (0.004, 0.02, "open")
    (trade,) = await bybit.fetch_my_trades(symbol)
    paid = 0.000004 if symbol == SPOT else 0.004 * 61000 * 0.0002
    assert trade["fee"]["cost"] == pytest.approx(paid)
    await bybit.cancel_order(placed["id"], symbol)
    assert (await fetch_order(bybit, placed, symbol))["filled"] == 0.004
    with pytest.raises(ccxt.OrderNotFound):
        await bybit.cancel_order(placed["id"], symbol)


async def test_positions_and_leverage(bybit: Any) -> None:
    await bybit.set_leverage(10, SWAP)
    await bybit.create_order(SWAP, "market", "sell", 0.5)
    (position,) = await bybit.fetch_positions()
    assert (position["symbol"], position["side"], position["contracts"]) == (SWAP, "short", 0.5)
    assert (position["leverage"], position["markPrice"]) == (10, 64000)
    assert position["liquidationPrice"] > 64000


@BOTH
@pytest.mark.parametrize(
    ("amount", "error"), [(50, ccxt.InsufficientFunds), (0.00001, ccxt.InvalidOrder)]
)
async def test_refusals_are_ccxts_own(
    bybit: Any, symbol: str, amount: float, error: type[Exception]
) -> None:
    with pytest.raises(error):
        await bybit.create_order(symbol, "limit", "buy", amount, 60000)


@BOTH
async def test_public_prices(bybit: Any, symbol: str) -> None:
    assert (await bybit.fetch_ticker(symbol))["last"] == 64000
    assert (await bybit.fetch_order_book(symbol))["asks"][0][0] > 64000
    assert len(await bybit.fetch_ohlcv(symbol, "1m", limit=50)) == 50
    await bybit.create_order(symbol, "market", "buy", 0.01)
    assert len(await bybit.fetch_trades(symbol)) == 1


@BOTH
@pytest.mark.parametrize(
    ("watch", "last"),
    [
        ("watch_ticker", lambda ticker: ticker["last"]),
        ("watch_ohlcv", lambda candles: candles[-1][4]),
        ("watch_order_book", lambda book: round(book["asks"][0][0])),
    ],
)
async def test_watching_prices(bybit: Any, symbol: str, watch: str, last: Any) -> None:
    told = await asyncio.wait_for(getattr(bybit, watch)(symbol), 10)
    assert last(told) == 64000


@BOTH
async def test_watching_own_orders_fills_and_positions(
    bybit: Any, client: Client, symbol: str
) -> None:
    await bybit.load_markets()
    watches = [bybit.watch_orders(), bybit.watch_my_trades(), bybit.watch_balance()]
    waiting = [asyncio.create_task(asyncio.wait_for(watch, 10)) for watch in watches]
    await eventually(lambda: has_subscribed(client))
    await bybit.create_order(symbol, "market", "buy", 0.01, None, {"clientOrderId": "mine"})
    orders, trades, balance = await asyncio.gather(*waiting)
    assert (orders[-1]["clientOrderId"], orders[-1]["status"]) == ("mine", "closed")
    assert (trades[-1]["symbol"], trades[-1]["amount"]) == (symbol, 0.01)
    assert balance["USDT"]["total"]


async def has_subscribed(client: Client) -> bool:
    endpoints = (await client.control("GET", "state")).body["endpoints"]
    return all(f"WS bybit {topic}" in endpoints for topic in ("order", "execution", "wallet"))
