"""The simulated Binance with unmodified ccxt: production addresses, loopback resolver, local CA."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import ccxt
import pytest

from exchanges.simulator.server import RunningSimulator
from tests.exchanges.simulator.ccxt_clients import connect_plain_binance
from tests.exchanges.simulator.client import Client, eventually

BTC = "BTC/USDT"


async def test_markets_currencies_and_balance(binance: Any) -> None:
    markets = await binance.load_markets()
    assert markets[BTC]["precision"] == {**markets[BTC]["precision"], "price": 0.01}
    assert markets[BTC]["limits"]["cost"]["min"] == 5
    assert "BTC" in binance.currencies
    assert (await binance.fetch_balance())["USDT"] == {"free": 1e5, "used": 0.0, "total": 1e5}


@pytest.mark.parametrize(
    ("arguments", "params", "status"),
    [
        (("limit", "buy", 0.01, 60000), {}, "open"),
        (("limit", "buy", 0.01, 60000), {"postOnly": True}, "open"),
        (("limit", "buy", 0.01, 65000), {}, "closed"),
        (("limit", "buy", 0.01, 60000), {"timeInForce": "IOC"}, "expired"),
        (("limit", "buy", 0.01, 65000), {"timeInForce": "IOC"}, "closed"),
        (("limit", "buy", 0.01, 60000), {"timeInForce": "FOK"}, "expired"),
        (("market", "buy", 0.01), {}, "closed"),
        (("market", "sell", 0.01), {}, "closed"),
        (("market", "buy", 0, None), {"cost": 500}, "closed"),
    ],
)
async def test_each_kind_of_order(
    binance: Any, arguments: tuple[Any, ...], params: dict[str, Any], status: str
) -> None:
    order = await binance.create_order(BTC, *arguments, params=params)
    assert order["status"] == status


async def test_an_order_from_placing_to_its_end(binance: Any, client: Client) -> None:
    name = {"clientOrderId": "web_1"}
    placed = await binance.create_order(BTC, "limit", "buy", 0.01, 60000, name)
    assert [o["id"] for o in await binance.fetch_open_orders(BTC)] == [placed["id"]]
    await client.control("POST", "fill", clientOrderId="web_1", quantity="0.004")
    by_name = await binance.fetch_order(None, BTC, name)
    assert (by_name["filled"], by_name["status"]) == (0.004, "open")
    (trade,) = await binance.fetch_order_trades(placed["id"], BTC)
    assert trade["fee"] == {"currency": "BTC", "cost": 0.000004}
    assert len(await binance.fetch_my_trades(BTC)) == 1
    cancelled = await binance.cancel_order(None, BTC, name)
    assert (cancelled["status"], cancelled["filled"]) == ("canceled", 0.004)
    assert await binance.fetch_open_orders(BTC) == []


async def test_closed_orders_and_cancelling_all(binance: Any) -> None:
    await binance.create_order(BTC, "market", "buy", 0.01)
    for _ in range(2):
        await binance.create_order(BTC, "limit", "buy", 0.01, 60000)
    assert len(await binance.cancel_all_orders(BTC)) == 2
    assert len(await binance.fetch_closed_orders(BTC)) == 1
    assert len(await binance.fetch_orders(BTC)) == 3


@pytest.mark.parametrize(
    ("arguments", "params", "error"),
    [
        (("limit", "buy", 10, 60000), {}, ccxt.InsufficientFunds),
        (("limit", "buy", 0.01, 65000), {"postOnly": True}, ccxt.OrderImmediatelyFillable),
        (("limit", "buy", 0.00001, 60000), {}, ccxt.BadRequest),
    ],
)
async def test_refusals_are_ccxts_own(
    binance: Any, arguments: tuple[Any, ...], params: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        await binance.create_order(BTC, *arguments, params=params)


async def test_unknown_orders_and_duplicate_client_ids(binance: Any) -> None:
    await binance.load_markets()
    with pytest.raises(ccxt.OrderNotFound):
        await binance.fetch_order("9", BTC)
    with pytest.raises(ccxt.OrderNotFound):
        await binance.cancel_order("9", BTC)
    name = {"clientOrderId": "mine"}
    await binance.create_order(BTC, "limit", "buy", 0.01, 60000, name)
    with pytest.raises(ccxt.InvalidOrder, match="Duplicate order sent"):
        await binance.create_order(BTC, "limit", "buy", 0.01, 60000, name)


async def test_public_prices(binance: Any) -> None:
    assert (await binance.fetch_ticker(BTC))["last"] == 64000
    assert len(await binance.fetch_tickers()) == 7
    assert (await binance.fetch_order_book(BTC))["asks"][0][0] == 64000.01
    assert len(await binance.fetch_ohlcv(BTC, "1m", limit=50)) == 50
    await binance.create_order(BTC, "market", "buy", 0.01)
    assert len(await binance.fetch_trades(BTC)) == 1


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"kind": "status", "status": 503, "message": "x"}, ccxt.OperationFailed),
        ({"kind": "ban", "seconds": 60}, ccxt.DDoSProtection),
        ({"kind": "status", "status": 429, "code": -1003, "message": "x"}, ccxt.DDoSProtection),
        ({"kind": "hang_after_accept"}, ccxt.RequestTimeout),
        ({"kind": "truncate"}, ccxt.ExchangeError),
        ({"kind": "close"}, ccxt.ExchangeNotAvailable),
    ],
)
async def test_faults_raise_ccxts_errors(
    binance: Any, client: Client, fault: dict[str, Any], error: type[Exception]
) -> None:
    await binance.load_markets()
    if error is ccxt.RequestTimeout:
        binance.timeout = 300
    await client.control("POST", "faults", **fault, match={"path": "/api/v3/order"}, times=1)
    with pytest.raises(error):
        await binance.create_order(BTC, "limit", "buy", 0.01, 60000)


async def start_watching(watch: Callable[[], Awaitable[Any]]) -> asyncio.Task[Any]:
    return asyncio.create_task(asyncio.wait_for(watch(), 10))


async def has_subscribed(client: Client) -> bool:
    state = (await client.control("GET", "state")).body
    return "WS userDataStream.subscribe.signature" in state["endpoints"]


async def test_watching_orders(binance: Any, client: Client) -> None:
    await binance.load_markets()
    first = await start_watching(binance.watch_orders)
    await eventually(lambda: has_subscribed(client))
    await client.order(newClientOrderId="mine")
    (order,) = await first
    assert (order["clientOrderId"], order["status"]) == ("mine", "open")
    second = await start_watching(binance.watch_orders)
    await asyncio.sleep(0)
    await client.control("POST", "fill", clientOrderId="mine")
    (order,) = await second
    assert (order["status"], order["filled"]) == ("closed", 0.01)


async def test_watching_the_balance(binance: Any, client: Client) -> None:
    await binance.load_markets()
    watching = await start_watching(binance.watch_balance)
    await eventually(lambda: has_subscribed(client))
    await client.order(quantity="1")
    assert (await watching)["USDT"] == {"free": 4e4, "used": 6e4, "total": 1e5}


@pytest.mark.parametrize(
    ("watch", "last"),
    [
        (lambda exchange: exchange.watch_ticker(BTC), lambda ticker: ticker["last"]),
        (lambda exchange: exchange.watch_ohlcv(BTC, "1m"), lambda candles: candles[-1][4]),
        (lambda exchange: exchange.watch_tickers(), lambda tickers: tickers[BTC]["last"]),
    ],
)
async def test_watching_prices(binance: Any, watch: Any, last: Any) -> None:
    assert last(await asyncio.wait_for(watch(binance), 10)) == 64000


async def test_plain_http_works_as_well(simulator: RunningSimulator, client: Client) -> None:
    async with connect_plain_binance(simulator.describe(), client.key, client.secret) as exchange:
        order = await exchange.create_order(BTC, "limit", "buy", 0.01, 60000)
        assert (await exchange.fetch_order(order["id"], BTC))["status"] == "open"
        ticker = await asyncio.wait_for(exchange.watch_ticker(BTC), 10)
        assert ticker["last"] == 64000


async def test_watching_the_book(binance: Any) -> None:
    book = await asyncio.wait_for(binance.watch_order_book(BTC), 10)
    assert book["asks"][0][0] == 64000.01
