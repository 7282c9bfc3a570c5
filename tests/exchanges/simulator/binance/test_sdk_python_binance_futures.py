"""python-binance's futures, unmodified, at production addresses: REST, user and market streams."""

import time
import warnings
from typing import Any

import pytest

from tests.exchanges.simulator.binance.test_sdk_python_binance import (
    BTC,
    PATIENCE,
    client,
    listener,
    loop,
    next_event,
    simulator,
)
from tests.simulator import SimulatorProcess

with warnings.catch_warnings():
    # It asks websockets for names that those are about to drop.
    warnings.simplefilter("ignore", DeprecationWarning)
    from binance import BinanceSocketManager  # type: ignore[import-untyped]
    from binance.exceptions import BinanceAPIException  # type: ignore[import-untyped]

__all__ = ["client", "listener", "loop", "simulator"]  # the fixtures of its spot tests


@pytest.fixture
def credentials(simulator: SimulatorProcess) -> tuple[str, str]:
    wallet, rights = {"USDT": "100000"}, {"futures": True}
    account = simulator.open_account({}, futures=wallet, permissions=rights)
    return account["key"], account["secret"]


def place_limit(client: Any, name: str, **changes: Any) -> Any:
    usual = {"side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.01"}
    named = {"price": "50000", "newClientOrderId": name}
    return client.futures_create_order(**BTC, **usual | named | changes)


def test_public_rest(client: Any) -> None:
    assert client.futures_ping() == {}
    assert abs(client.futures_time()["serverTime"] - time.time() * 1000) < 60_000
    listed = {row["symbol"]: row for row in client.futures_exchange_info()["symbols"]}
    assert listed["BTCUSDT"]["contractType"] == "PERPETUAL"
    assert client.futures_symbol_ticker(**BTC)["price"] == "64000"
    assert client.futures_mark_price(**BTC)["markPrice"] == "64000.00000000"
    assert len(client.futures_order_book(**BTC, limit=5)["asks"]) == 5
    assert len(client.futures_klines(**BTC, interval="1m", limit=3)) == 3
    assert client.futures_ticker(**BTC)["lastPrice"] == "64000.00000000"
    assert {row["symbol"] for row in client.futures_orderbook_ticker()} == set(listed)


def test_an_order_from_placing_to_its_end(client: Any, simulator: SimulatorProcess) -> None:
    placed = place_limit(client, "mine")
    assert (placed["status"], placed["executedQty"]) == ("NEW", "0")
    (listed,) = client.futures_get_open_orders(**BTC)
    assert listed == client.futures_get_order(**BTC, orderId=placed["orderId"])
    simulator.control.post("fill", clientOrderId="mine", quantity="0.004")
    changed = {"side": "BUY", "quantity": "0.02", "price": "51000"}
    amended = client.futures_modify_order(**BTC, origClientOrderId="mine", **changed)
    assert (amended["orderId"], amended["origQty"]) == (placed["orderId"], "0.02")
    ended = client.futures_cancel_order(**BTC, origClientOrderId="mine")
    assert (ended["status"], ended["executedQty"]) == ("CANCELED", "0.004")
    (trade,) = client.futures_account_trades(**BTC, orderId=placed["orderId"])
    assert (trade["qty"], trade["commissionAsset"], trade["maker"]) == ("0.004", "USDT", True)
    assert [row["status"] for row in client.futures_get_all_orders(**BTC)] == ["CANCELED"]


def test_positions_leverage_and_the_account(client: Any) -> None:
    assert client.futures_change_leverage(**BTC, leverage=10)["leverage"] == 10
    assert client.futures_change_margin_type(**BTC, marginType="ISOLATED")["code"] == 200
    client.futures_create_order(**BTC, side="BUY", type="MARKET", quantity="0.01")
    held = {row["symbol"]: row for row in client.futures_position_information()}["BTCUSDT"]
    assert held["positionAmt"] == "0.01"
    account = client.futures_account()
    assert account["assets"][0]["positionInitialMargin"] == "64.00010000"
    (balance,) = client.futures_account_balance()
    assert float(balance["availableBalance"]) < 99_940
    (bracket,) = client.futures_leverage_bracket(**BTC)["brackets"]
    assert bracket["initialLeverage"] == 125
    sell = {"side": "SELL", "type": "MARKET", "quantity": "0.05", "reduceOnly": "true"}
    client.futures_create_order(**BTC, **sell)
    *_, closing = client.futures_account_trades(**BTC)
    assert closing["realizedPnl"] == "-0.002"
    assert client.futures_position_information() == []


def test_conditional_orders(client: Any, simulator: SimulatorProcess) -> None:
    wish = {"side": "SELL", "type": "STOP_MARKET", "quantity": "0.01", "stopPrice": "60000"}
    stop = client.futures_create_order(**BTC, **wish)
    assert (stop["algoStatus"], stop["triggerPrice"]) == ("NEW", "60000")
    other = client.futures_create_order(**BTC, **wish | {"stopPrice": "55000"})
    assert len(client.futures_get_open_orders(**BTC, conditional=True)) == 2
    assert client.futures_get_open_orders(**BTC) == []
    assert client.futures_cancel_order(**BTC, algoId=other["algoId"])["code"] == "200"
    simulator.control.post("price", symbol="BTCUSDT-PERP", price="60000")
    fired = client.futures_get_order(**BTC, algoId=stop["algoId"])
    assert fired["algoStatus"] == "FINISHED"
    became = client.futures_get_order(**BTC, orderId=fired["actualOrderId"])
    assert (became["status"], became["clientOrderId"]) == ("FILLED", stop["clientAlgoId"])


def test_refusals_are_its_own_errors(client: Any) -> None:
    with pytest.raises(BinanceAPIException) as refused:
        place_limit(client, "mine", quantity="100")
    assert refused.value.code == -2019
    with pytest.raises(BinanceAPIException) as precise:
        place_limit(client, "mine", quantity="0.0001")
    assert precise.value.code == -1111
    with pytest.raises(BinanceAPIException) as absent:
        client.futures_get_order(**BTC, origClientOrderId="never")
    assert (absent.value.status_code, absent.value.code) == (400, -2013)


async def test_account_events(listener: Any, simulator: SimulatorProcess) -> None:
    async with BinanceSocketManager(listener).futures_user_socket() as socket:
        socket.TIMEOUT = PATIENCE
        await place_limit(listener, "mine")
        new = await next_event(socket, "ORDER_TRADE_UPDATE")
        assert (new["o"]["x"], new["o"]["c"], new["o"]["X"]) == ("NEW", "mine", "NEW")
        assert "n" not in new["o"]
        simulator.control.post("fill", clientOrderId="mine", quantity="0.004")
        held = await next_event(socket, "ACCOUNT_UPDATE")
        assert (held["a"]["m"], held["a"]["P"][0]["pa"]) == ("ORDER", "0.004")
        trade = await next_event(socket, "ORDER_TRADE_UPDATE")
        assert (trade["o"]["x"], trade["o"]["l"]) == ("TRADE", "0.004")
        assert (trade["o"]["n"], trade["o"]["N"]) == ("0.04", "USDT")
        simulator.control.post("clock", skew_ms=3_660_000)
        assert (await next_event(socket, "listenKeyExpired"))["listenKey"]


async def test_public_streams(listener: Any, simulator: SimulatorProcess) -> None:
    manager = BinanceSocketManager(listener)
    market = manager.futures_multiplex_socket(["btcusdt@ticker", "btcusdt@markPrice@1s"])
    books = manager.symbol_ticker_futures_socket("BTCUSDT")
    for socket in (market, books):
        socket.TIMEOUT = PATIENCE
    async with market:
        told: dict[str, str] = {}
        while len(told) < 2:
            message = await market.recv()
            told[message["data"]["e"]] = message["data"]["s"]
    assert told == {"24hrTicker": "BTCUSDT", "markPriceUpdate": "BTCUSDT"}
    async with books:
        simulator.control.post("price", symbol="BTCUSDT-PERP", price="65000")
        best = await books.recv()
        assert best["data"]["s"] == "BTCUSDT"
