"""The simulated OKX with unmodified ccxt: production addresses, loopback resolver, local CA."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import ccxt
import pytest

from exchanges.simulator.okx.sockets.private import PrivateSocket
from exchanges.simulator.server import RunningSimulator
from tests.exchanges.simulator.client import Client, eventually
from tests.exchanges.simulator.okx.ccxt_client import connect_okx

BTC = "BTC/USDT"


@pytest.fixture
async def okx(simulator: RunningSimulator, client: Client) -> AsyncIterator[Any]:
    account = vars(simulator.simulation.venue.engine.accounts[client.key])
    async with connect_okx(simulator.describe(), account) as exchange:
        yield exchange


async def test_markets_currencies_and_balance(okx: Any) -> None:
    markets = await okx.load_markets()
    assert markets[BTC]["precision"] == {**markets[BTC]["precision"], "price": 0.01}
    assert markets["BTC/USDT:USDT"]["contractSize"] == 0.01
    assert "BTC" in okx.currencies
    assert (await okx.fetch_balance())["USDT"] == {"free": 1e5, "used": 0.0, "total": 1e5}


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
        (("market", "buy", 500), {"tgtCcy": "quote_ccy"}, "closed"),
    ],
)
async def test_each_kind_of_order(
    okx: Any, arguments: tuple[Any, ...], params: dict[str, Any], status: str
) -> None:
    placed = await okx.create_order(BTC, *arguments, params=params)
    assert (placed["status"], placed["filled"]) == (None, None)  # only an id is answered
    assert (await okx.fetch_order(placed["id"], BTC))["status"] == status


async def test_an_order_from_placing_to_its_end(okx: Any, client: Client) -> None:
    name = {"clientOrderId": "web1"}
    placed = await okx.create_order(BTC, "limit", "buy", 0.01, 60000, name)
    assert [order["id"] for order in await okx.fetch_open_orders(BTC)] == [placed["id"]]
    await client.control("POST", "fill", clientOrderId="web1", quantity="0.004")
    by_name = await okx.fetch_order(None, BTC, name)
    assert (by_name["filled"], by_name["status"]) == (0.004, "open")
    (trade,) = await okx.fetch_order_trades(placed["id"], BTC)
    assert trade["fee"] == {"currency": "BTC", "cost": 0.000004}
    await okx.cancel_order(None, BTC, name)
    ended = await okx.fetch_order(placed["id"], BTC)
    assert (ended["status"], ended["filled"]) == ("canceled", 0.004)
    assert await okx.fetch_open_orders(BTC) == []
    assert [order["id"] for order in await okx.fetch_canceled_orders(BTC)] == [placed["id"]]


async def test_an_amended_order_keeps_its_ids(okx: Any) -> None:
    placed = await okx.create_order(BTC, "limit", "buy", 0.01, 60000, {"clientOrderId": "a1"})
    await okx.edit_order(placed["id"], BTC, "limit", "buy", 0.02, 59000)
    order = await okx.fetch_order(None, BTC, {"clientOrderId": "a1"})
    assert (order["id"], order["amount"], order["price"]) == (placed["id"], 0.02, 59000)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("limit", "buy", 10, 60000), ccxt.InsufficientFunds),
        (("limit", "buy", 0.00001, 60000), ccxt.InvalidOrder),
        (("limit", "buy", 0.01, 900000), ccxt.InvalidOrder),
    ],
)
async def test_refusals_are_ccxts_own(
    okx: Any, arguments: tuple[Any, ...], error: type[Exception]
) -> None:
    with pytest.raises(error):
        await okx.create_order(BTC, *arguments)


async def test_unknown_orders_and_duplicate_client_ids(okx: Any) -> None:
    await okx.load_markets()
    with pytest.raises(ccxt.OrderNotFound):
        await okx.fetch_order("9", BTC)
    with pytest.raises(ccxt.OrderNotFound):
        await okx.cancel_order("9", BTC)
    name = {"clientOrderId": "mine"}
    await okx.create_order(BTC, "limit", "buy", 0.01, 60000, name)
    with pytest.raises(ccxt.InvalidOrder, match="51016"):
        await okx.create_order(BTC, "limit", "buy", 0.01, 60000, name)


async def test_each_order_of_a_batch_has_its_own_result(okx: Any) -> None:
    wishes = [
        {"symbol": BTC, "type": "limit", "side": "buy", "amount": size, "price": 60000}
        for size in (0.01, 100)
    ]
    good, bad = await okx.create_orders(wishes)
    assert (good["info"]["sCode"], bad["info"]["sCode"]) == ("0", "51008")
    assert len(await okx.fetch_open_orders(BTC)) == 1


@pytest.mark.parametrize(
    ("spoil", "error"),
    [
        ({"secret": "guessed"}, ccxt.AuthenticationError),
        ({"password": "guessed"}, ccxt.AuthenticationError),
        ({"apiKey": "of-nobody"}, ccxt.AuthenticationError),
    ],
)
async def test_unknown_and_wrong_credentials_are_refused(
    okx: Any, spoil: dict[str, str], error: type[Exception]
) -> None:
    await okx.load_markets()
    for name, value in spoil.items():
        setattr(okx, name, value)
    with pytest.raises(error):
        await okx.fetch_balance()
    with pytest.raises(error):
        await asyncio.wait_for(okx.watch_orders(), 10)


async def test_a_clock_half_a_minute_off_is_refused(okx: Any, client: Client) -> None:
    await okx.load_markets()
    await client.control("POST", "clock", skew_ms=31_000)
    with pytest.raises(ccxt.InvalidNonce):
        await okx.fetch_balance()
    await okx.load_time_difference()
    assert await okx.fetch_balance()


async def test_the_rate_limit_refuses_only_the_key_that_exceeds_it(
    okx: Any, client: Client
) -> None:
    await okx.load_markets()
    with pytest.raises(ccxt.RateLimitExceeded, match="50011"):
        await asyncio.gather(*(okx.fetch_balance() for _ in range(11)))
    assert await okx.fetch_open_orders() == []
    assert okx.last_response_headers


async def test_unfilled_orders_are_forgotten_after_two_hours(okx: Any, client: Client) -> None:
    placed = await okx.create_order(BTC, "limit", "buy", 0.01, 60000)
    filled = await okx.create_order(BTC, "market", "buy", 0.01)
    await okx.cancel_order(placed["id"], BTC)
    assert await okx.fetch_order(placed["id"], BTC)
    await client.control("POST", "clock", skew_ms=2 * 3600 * 1000)
    await okx.load_time_difference()
    with pytest.raises(ccxt.OrderNotFound):
        await okx.fetch_order(placed["id"], BTC)
    assert (await okx.fetch_order(filled["id"], BTC))["status"] == "closed"


async def test_public_prices(okx: Any) -> None:
    assert (await okx.fetch_ticker(BTC))["last"] == 64000
    assert len(await okx.fetch_tickers()) == 7
    assert (await okx.fetch_order_book(BTC))["asks"][0][0] == 64000.01
    assert len(await okx.fetch_ohlcv(BTC, "1m", limit=50)) == 50
    await okx.create_order(BTC, "market", "buy", 0.01)
    assert len(await okx.fetch_trades(BTC)) == 1


async def test_watching_orders_and_the_balance(okx: Any, simulator: RunningSimulator) -> None:
    async def has_subscribed() -> bool:
        sockets = [s for s in simulator.simulation.sockets if isinstance(s, PrivateSocket)]
        return any(socket.subscriptions_to("orders") for socket in sockets)

    await okx.load_markets()
    balance = await asyncio.wait_for(okx.watch_balance(), 10)
    assert balance["BTC"]["free"] == 2
    watching = asyncio.create_task(asyncio.wait_for(okx.watch_orders(), 10))
    await eventually(has_subscribed)
    await okx.create_order(BTC, "limit", "buy", 0.01, 60000, {"clientOrderId": "mine"})
    (order,) = await watching
    assert (order["clientOrderId"], order["status"]) == ("mine", "open")


@pytest.mark.parametrize(
    ("watch", "last"),
    [
        (lambda exchange: exchange.watch_ticker(BTC), lambda ticker: ticker["last"]),
        (lambda exchange: exchange.watch_ohlcv(BTC, "1m"), lambda candles: candles[-1][4]),
    ],
)
async def test_watching_prices(okx: Any, watch: Any, last: Any) -> None:
    assert last(await asyncio.wait_for(watch(okx), 10)) == 64000


async def test_watching_the_book_change_by_change(okx: Any, client: Client) -> None:
    book = await asyncio.wait_for(okx.watch_order_book(BTC), 10)
    assert book["asks"][0][0] == 64000.01
    await client.control("POST", "price", symbol="BTCUSDT", price="64100")
    book = await asyncio.wait_for(okx.watch_order_book(BTC), 10)  # in sequence, or ccxt refuses it
    assert (book["asks"][0][0], book["bids"][0][0]) == (64100.01, 64099.99)


@pytest.mark.parametrize("symbol", [BTC, "BTC/USDT:USDT"])
async def test_conditional_orders(okx: Any, client: Client, symbol: str) -> None:
    await client.control("POST", "deposit", key=client.key, asset="USDT", amount="1000")
    await client.control(
        "POST", "deposit", key=client.key, asset="USDT", amount="1000", wallet="futures"
    )
    amount = 0.01 if symbol == BTC else 1
    stop = {"stopLossPrice": 60000, "algoClOrdId": "stop"}
    placed = await okx.create_order(symbol, "market", "sell", amount, None, stop)
    profit = {"takeProfitPrice": 70000}
    other = await okx.create_order(symbol, "limit", "sell", amount, 69000, profit)
    listed = await okx.fetch_open_orders(symbol, params={"ordType": "conditional"})
    waiting = {order["id"]: order for order in listed}
    assert waiting[placed["id"]]["stopLossPrice"] == 60000
    assert waiting[other["id"]]["takeProfitPrice"] == 70000
    await okx.cancel_order(other["id"], symbol, {"trigger": True})
    at_the_desk = "BTCUSDT" if symbol == BTC else "BTCUSDT-PERP"
    await client.control("POST", "price", symbol=at_the_desk, price="60000")
    fired = await okx.fetch_order(placed["id"], symbol, {"trigger": True})
    order = await okx.fetch_order(fired["info"]["ordId"], symbol)
    assert (order["status"], order["info"]["algoClOrdId"]) == ("closed", "stop")
    assert await okx.fetch_open_orders(symbol, params={"ordType": "conditional"}) == []


async def test_a_position_and_its_leverage(okx: Any, client: Client) -> None:
    swap = "BTC/USDT:USDT"
    await client.control(
        "POST", "deposit", key=client.key, asset="USDT", amount="1000", wallet="futures"
    )
    await okx.set_leverage(5, swap, {"mgnMode": "isolated"})
    await okx.create_order(swap, "market", "sell", 2, None, {"tdMode": "isolated"})
    (held,) = await okx.fetch_positions([swap])
    assert (held["side"], held["contracts"], held["contractSize"]) == ("short", 2, 0.01)
    assert (held["leverage"], held["marginMode"]) == (5, "isolated")
    assert (await okx.fetch_leverage(swap, {"mgnMode": "isolated"}))["longLeverage"] == 5
