"""python-binance, unmodified, at production addresses: REST, streams, orders by socket."""

import asyncio
import ssl
import time
import warnings
from collections.abc import AsyncIterator, Iterator
from typing import Any

import aiohttp
import pytest

from tests.exchanges.simulator.loopback import redirect_names
from tests.simulator import SimulatorProcess

with warnings.catch_warnings():
    # It asks websockets for names that those are about to drop.
    warnings.simplefilter("ignore", DeprecationWarning)
    from binance import AsyncClient, BinanceSocketManager, Client  # type: ignore[import-untyped]
    from binance.exceptions import BinanceAPIException  # type: ignore[import-untyped]

BTC = {"symbol": "BTCUSDT"}
PATIENCE = 3  # seconds; its sockets wait this long for one more message before they close


@pytest.fixture
def simulator(new_venue: SimulatorProcess, monkeypatch: pytest.MonkeyPatch) -> SimulatorProcess:
    redirect_names(new_venue, ".binance.com", monkeypatch)
    return new_venue


@pytest.fixture
def credentials(simulator: SimulatorProcess) -> tuple[str, str]:
    account = simulator.open_account({"USDT": "100000", "BTC": "2"})
    return account["key"], account["secret"]


@pytest.fixture
def loop() -> Iterator[None]:
    """Give python-binance an event loop, which it wants even for REST, and close it."""
    made = asyncio.new_event_loop()
    asyncio.set_event_loop(made)
    yield
    asyncio.set_event_loop(None)
    made.close()


@pytest.fixture
def client(loop: None, credentials: tuple[str, str]) -> Iterator[Any]:
    made = Client(*credentials)
    yield made
    made.close_connection()


@pytest.fixture
async def listener(simulator: SimulatorProcess, credentials: tuple[str, str]) -> AsyncIterator[Any]:
    """Connect the asynchronous client; aiohttp read its CA file before this test began."""
    trust = ssl.create_default_context(cafile=simulator.ca)
    connector = {"connector": aiohttp.TCPConnector(ssl=trust)}
    made = await AsyncClient.create(*credentials, session_params=connector)
    made.ws_api.TIMEOUT = PATIENCE
    yield made
    await made.close_connection()


def place_limit(client: Any, name: str, **changes: Any) -> Any:
    usual = {"quantity": "0.01", "price": "50000", "newClientOrderId": name}
    return client.order_limit_buy(**BTC, **usual | changes)


def test_public_rest(client: Any) -> None:
    assert abs(client.get_server_time()["serverTime"] - time.time() * 1000) < 60_000
    (row,) = [row for row in client.get_exchange_info()["symbols"] if row["symbol"] == "BTCUSDT"]
    assert {"STOP_LOSS", "TAKE_PROFIT_LIMIT"} < set(row["orderTypes"])
    assert client.get_symbol_info("BTCUSDT")["baseAsset"] == "BTC"
    assert client.get_symbol_ticker(**BTC)["price"] == "64000.00000000"
    assert len(client.get_order_book(**BTC, limit=5)["asks"]) == 5
    assert len(client.get_klines(**BTC, interval="1m", limit=3)) == 3
    assert client.get_ticker(**BTC)["lastPrice"] == "64000.00000000"
    assert client.get_recent_trades(**BTC) == []


def test_an_order_from_placing_to_its_end(client: Any, simulator: SimulatorProcess) -> None:
    placed = place_limit(client, "mine")
    assert (placed["status"], placed["fills"]) == ("NEW", [])
    (listed,) = client.get_open_orders(**BTC)
    assert listed == client.get_order(**BTC, orderId=placed["orderId"])
    simulator.control.post("fill", clientOrderId="mine", quantity="0.004")
    ended = client.cancel_order(**BTC, origClientOrderId="mine")
    assert (ended["status"], ended["executedQty"]) == ("CANCELED", "0.00400000")
    (trade,) = client.get_my_trades(**BTC, orderId=placed["orderId"])
    assert (trade["qty"], trade["commissionAsset"], trade["isMaker"]) == ("0.00400000", "BTC", True)
    assert [row["orderId"] for row in client.get_all_orders(**BTC)] == [placed["orderId"]]


def test_market_orders_and_the_account(client: Any) -> None:
    bought = client.order_market_buy(**BTC, quantity="0.1")
    assert (bought["status"], bought["fills"][0]["commissionAsset"]) == ("FILLED", "BTC")
    spent = client.order_market_buy(**BTC, quoteOrderQty="640")
    assert spent["status"] == "FILLED"
    held = {row["asset"]: row for row in client.get_account()["balances"]}
    assert float(held["BTC"]["free"]) == pytest.approx(2.1099, rel=1e-3)
    assert client.get_asset_balance("USDT")["locked"] == "0.00000000"


def test_conditional_orders(client: Any, simulator: SimulatorProcess) -> None:
    wish = {"side": "SELL", "type": "STOP_LOSS_LIMIT", "timeInForce": "GTC", "quantity": "0.01"}
    prices = {"stopPrice": "60000", "price": "59000"}
    stop = client.create_order(**BTC, **wish, **prices)
    assert client.get_order(**BTC, orderId=stop["orderId"])["isWorking"] is False
    trailing = {"side": "SELL", "type": "STOP_LOSS", "quantity": "0.01", "trailingDelta": 500}
    follows = client.create_order(**BTC, **trailing)
    assert len(client.get_open_orders()) == 2
    simulator.control.post("price", symbol="BTCUSDT", price="60000")
    for order in (stop, follows):
        assert client.get_order(**BTC, orderId=order["orderId"])["status"] == "FILLED"


def test_refusals_are_its_own_errors(client: Any) -> None:
    with pytest.raises(BinanceAPIException) as refused:
        place_limit(client, "mine", quantity="100")
    assert refused.value.code == -2010
    with pytest.raises(BinanceAPIException) as absent:
        client.get_order(**BTC, origClientOrderId="never")
    assert (absent.value.status_code, absent.value.code) == (400, -2013)


def test_a_wrong_secret(loop: None, credentials: tuple[str, str]) -> None:
    stranger = Client(credentials[0], "guessed")
    with pytest.raises(BinanceAPIException) as refused:
        stranger.get_account()
    assert refused.value.code == -1022
    stranger.close_connection()


async def test_account_events(listener: Any, simulator: SimulatorProcess) -> None:
    async with BinanceSocketManager(listener).user_socket() as socket:
        await place_limit(listener, "mine")
        new = await next_event(socket, "executionReport")
        assert (new["x"], new["c"], new["X"]) == ("NEW", "mine", "NEW")
        simulator.control.post("fill", clientOrderId="mine", quantity="0.004")
        trade = await next_event(socket, "executionReport")
        assert (trade["x"], trade["l"], trade["N"]) == ("TRADE", "0.00400000", "BTC")
        held = await next_event(socket, "outboundAccountPosition")
        assert {row["a"] for row in held["B"]} == {"BTC", "USDT"}


async def test_orders_by_socket(listener: Any) -> None:
    wish = {"side": "BUY", "quantity": "0.01", "price": "50000", "newClientOrderId": "mine"}
    placed = await listener.ws_order_limit(**BTC, **wish)
    asked = await listener.ws_get_order(**BTC, orderId=placed["orderId"])
    assert (placed["status"], asked["clientOrderId"]) == ("NEW", "mine")
    ended = await listener.ws_cancel_order(**BTC, origClientOrderId="mine")
    assert ended["status"] == "CANCELED"


async def test_public_streams(listener: Any) -> None:
    manager = BinanceSocketManager(listener)
    sockets = (
        manager.trade_socket("BTCUSDT"),
        manager.multiplex_socket(["btcusdt@bookTicker", "btcusdt@ticker"]),
    )
    for socket in sockets:
        socket.TIMEOUT = PATIENCE
    async with sockets[0] as trades:
        await listener.order_market_buy(**BTC, quantity="0.01")
        trade = await next_event(trades, "trade")
        assert (trade["s"], trade["q"]) == ("BTCUSDT", "0.01000000")
    async with sockets[1] as both:
        names: set[str] = set()
        while len(names) < 2:
            names.add((await both.recv())["stream"])
            await listener.order_market_buy(**BTC, quantity="0.01")
    assert names == {"btcusdt@bookTicker", "btcusdt@ticker"}


async def next_event(socket: Any, kind: str) -> Any:
    while True:
        event = await socket.recv()
        assert event["e"] != "error", event
        if event["e"] == kind:
            return event
