"""Binance USD-M's sockets: account events by listen key, and market data."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import ccxt.pro
import pytest

from exchanges.simulator.accounts.listen_keys import HOUR, ListenKeys
from exchanges.simulator.server import RunningSimulator
from tests.exchanges.simulator.binance.test_futures import BTC, place, stop, trader
from tests.exchanges.simulator.ccxt_clients import connect_binance
from tests.exchanges.simulator.client import SUBSCRIBE, Client, Session

__all__ = ["trader"]
NOW = 1_800_000_000_000
PERP = "BTC/USDT:USDT"


def test_a_listen_key_lasts_an_hour_unless_extended() -> None:
    keys = ListenKeys()
    first = keys.create("anna", NOW)
    assert keys.create("ben", NOW) != first
    assert keys.create("anna", NOW + HOUR // 2) == first
    assert keys.is_valid(first, NOW + HOUR)
    assert keys.extend("anna", NOW + HOUR) == first
    assert not keys.is_valid(first, NOW + 2 * HOUR)
    assert keys.extend("anna", NOW + 2 * HOUR) is None
    assert keys.create("anna", NOW + 2 * HOUR) != first
    assert keys.find_account(first) == "anna"


@asynccontextmanager
async def user_stream(trader: Client, key: str = "") -> AsyncIterator[Any]:
    key = key or (await trader.raw("POST", "/fapi/v1/listenKey")).body["listenKey"]
    address = f"{trader.base}/private/ws?listenKey={key}"
    async with trader.session.ws_connect(address) as socket:
        yield socket


async def test_every_change_of_an_order_is_published(trader: Client) -> None:
    async with user_stream(trader) as socket:
        placed = (await place(trader)).body
        new = (await socket.receive_json())["o"]
        assert (new["x"], new["X"], new["i"], new["c"]) == ("NEW", "NEW", placed["orderId"], "mine")
        await trader.control("POST", "fill", clientOrderId="mine", quantity="0.004")
        held = (await socket.receive_json())["a"]
        assert held["m"] == "ORDER"
        assert (held["P"][0]["s"], held["P"][0]["pa"], held["P"][0]["ep"]) == (
            "BTCUSDT",
            "0.004",
            "60000",
        )
        assert held["B"][0]["wb"] == "99999.95200000"
        trade = (await socket.receive_json())["o"]
        assert (trade["x"], trade["l"], trade["z"], trade["L"]) == (
            "TRADE",
            "0.004",
            "0.004",
            "60000",
        )
        assert (trade["n"], trade["N"], trade["m"], trade["rp"]) == ("0.048", "USDT", True, "0")
        changed = {**BTC, "side": "BUY", "origClientOrderId": "mine"}
        await trader.signed("PUT", "/fapi/v1/order", **changed, quantity="0.02", price="61000")
        amended = (await socket.receive_json())["o"]
        assert (amended["x"], amended["X"], amended["q"], amended["p"]) == (
            "AMENDMENT",
            "PARTIALLY_FILLED",
            "0.02",
            "61000",
        )
        await trader.signed("DELETE", "/fapi/v1/order", **BTC, origClientOrderId="mine")
        end = (await socket.receive_json())["o"]
        assert (end["x"], end["X"], end["c"]) == ("CANCELED", "CANCELED", "mine")


async def test_a_conditional_order_is_published_until_it_places_its_order(trader: Client) -> None:
    async with user_stream(trader) as socket:
        await stop(trader)
        waiting = await socket.receive_json()
        assert (waiting["e"], waiting["o"]["X"], waiting["o"]["ai"]) == ("ALGO_UPDATE", "NEW", "")
        await trader.control("POST", "price", symbol="BTCUSDT-PERP", price="60000")
        told = [await socket.receive_json() for _ in range(5)]
        order, _, trade, finished, fired = (event.get("o") for event in told)
        assert (order["x"], order["c"], trade["X"]) == ("NEW", "stop", "FILLED")
        assert (fired["X"], fired["ai"]) == ("TRIGGERED", str(order["i"]))
        assert (finished["X"], finished["aq"]) == ("FINISHED", "0.01")


async def test_spot_sockets_get_no_contract_events(trader: Client) -> None:
    async with trader.session.ws_connect(f"{trader.base}/ws-api/v3") as socket:
        session = Session(trader, socket)
        await session.signed(SUBSCRIBE)
        await place(trader, "futures")
        await stop(trader)
        await trader.order(newClientOrderId="spot", quantity="0.001")
        assert (await session.next_event())["c"] == "spot"


async def test_settings_and_deposits_are_published(trader: Client) -> None:
    async with user_stream(trader) as socket:
        await trader.signed("POST", "/fapi/v1/leverage", **BTC, leverage=7)
        assert (await socket.receive_json())["ac"] == {"s": "BTCUSDT", "l": 7}
        await trader.signed("POST", "/fapi/v1/marginType", **BTC, marginType="ISOLATED")
        moded = (await socket.receive_json())["a"]
        assert (moded["m"], moded["P"][0]["mt"]) == ("MARGIN_TYPE_CHANGE", "isolated")
        paid = {"key": trader.key, "asset": "USDT", "amount": "5", "wallet": "futures"}
        await trader.control("POST", "deposit", **paid)
        money = (await socket.receive_json())["a"]
        assert (money["m"], money["P"], money["B"][0]["bc"]) == ("DEPOSIT", [], "5")


async def test_an_expired_key_is_reported_once(trader: Client) -> None:
    async with user_stream(trader) as socket:
        await trader.control("POST", "clock", skew_ms=61 * 60_000)
        assert (await socket.receive_json())["e"] == "listenKeyExpired"
        await trader.control("POST", "clock", skew_ms=0)
        await trader.raw("POST", "/fapi/v1/listenKey")
        await place(trader)
        await socket.send_json({"method": "LIST_SUBSCRIPTIONS", "id": 3})
        assert await socket.receive_json() == {"result": None, "id": 3}


async def test_an_unknown_listen_key_gets_a_silent_socket(trader: Client) -> None:
    async with user_stream(trader, "x" * 64) as socket:
        await place(trader)
        await socket.send_json({"method": "LIST_SUBSCRIPTIONS", "id": 3})
        assert await socket.receive_json() == {"result": None, "id": 3}


async def test_revoking_an_account_ends_its_stream(trader: Client) -> None:
    async with user_stream(trader) as socket:
        await trader.control("POST", "revoke", key=trader.key)
        assert (await socket.receive_json())["e"] == "listenKeyExpired"
    refused = await trader.raw("POST", "/fapi/v1/listenKey")
    assert refused.refusal == (401, -2015)


@pytest.mark.parametrize("path", ["/public", "/market"])
async def test_market_data_uses_binances_symbols(trader: Client, path: str) -> None:
    streams = ["btcusdt@depth", "btcusdt@bookTicker", "btcusdt@aggTrade", "btcusdt@depth5"]
    async with trader.session.ws_connect(f"{trader.base}{path}/ws") as socket:
        await socket.send_json({"method": "SUBSCRIBE", "params": streams, "id": 1})
        assert (await socket.receive_json())["result"] is None
        await trader.signed("POST", "/fapi/v1/order", **BTC, side="BUY", type="MARKET", quantity=1)
        told: dict[str, Any] = {}
        while len(told) < 3:
            event = await socket.receive_json()
            assert event["s"] == "BTCUSDT"
            told[event["e"]] = event
        assert set(told) == {"depthUpdate", "bookTicker", "aggTrade"}


async def test_depth_changes_have_consecutive_ids(trader: Client) -> None:
    async with trader.session.ws_connect(f"{trader.base}/public/ws/btcusdt@depth") as socket:
        before = 0
        for price in ("64001", "64002", "64003"):
            await trader.control("POST", "price", symbol="BTCUSDT-PERP", price=price)
            event = await socket.receive_json()
            assert before in (0, event["pu"])
            before = event["u"]


async def test_mark_prices_are_published_every_second(trader: Client) -> None:
    address = f"{trader.base}/market/stream?streams=!markPrice@arr"
    async with trader.session.ws_connect(address) as socket:
        event = await socket.receive_json()
        assert event["stream"] == "!markPrice@arr"
        assert {row["s"] for row in event["data"]} >= {"BTCUSDT", "ETHUSDT"}


@pytest.fixture
async def usdm(simulator: RunningSimulator, trader: Client) -> AsyncIterator[Any]:
    """Unmodified ccxt.pro at production addresses."""
    described = simulator.describe()
    async with connect_binance(
        described, trader.key, trader.secret, ccxt.pro.binanceusdm
    ) as exchange:
        yield exchange


async def test_ccxt_places_fetches_and_cancels(usdm: Any) -> None:
    placed = await usdm.create_order(PERP, "limit", "buy", 0.01, 60000)
    assert (placed["status"], placed["filled"]) == ("open", 0)
    assert [one["id"] for one in await usdm.fetch_open_orders(PERP)] == [placed["id"]]
    assert (await usdm.cancel_order(placed["id"], PERP))["status"] == "canceled"
    bought = await usdm.create_order(PERP, "market", "buy", 0.01)
    assert (bought["status"], bought["average"]) == ("closed", 64000.1)
    (trade,) = await usdm.fetch_my_trades(PERP)
    assert trade["fee"] == {"cost": 0.3200005, "currency": "USDT"}
    (position,) = await usdm.fetch_positions()
    assert (position["contracts"], position["side"]) == (0.01, "long")
    assert (await usdm.fetch_balance())["USDT"]["used"] == 32.0
    with pytest.raises(ccxt.InsufficientFunds):
        await usdm.create_order(PERP, "limit", "buy", 100, 60000)


async def test_ccxt_places_conditional_orders_and_changes_settings(usdm: Any) -> None:
    trigger = {"stopLossPrice": 60000}
    placed = await usdm.create_order(PERP, "market", "sell", 0.01, params=trigger)
    (listed,) = await usdm.fetch_open_orders(PERP, params={"trigger": True})
    assert (listed["id"], listed["triggerPrice"]) == (placed["id"], 60000)
    assert await usdm.fetch_open_orders(PERP) == []
    await usdm.cancel_order(placed["id"], PERP, params={"trigger": True})
    assert (await usdm.set_leverage(10, PERP))["leverage"] == 10
    await usdm.set_margin_mode("isolated", PERP)
    leverage = await usdm.fetch_leverage(PERP)
    assert (leverage["longLeverage"], leverage["marginMode"]) == (10, "isolated")
    with pytest.raises(ccxt.MarginModeAlreadySet):
        await usdm.set_margin_mode("isolated", PERP)


async def test_ccxt_watches_the_market(usdm: Any) -> None:
    assert (await usdm.watch_ticker(PERP))["last"] == 64000
    assert (await usdm.watch_order_book(PERP))["bids"][0][0] == 63999.9
    await usdm.create_order(PERP, "market", "buy", 0.01)
    assert (await usdm.fetch_trades(PERP))[0]["price"] == 64000.1
