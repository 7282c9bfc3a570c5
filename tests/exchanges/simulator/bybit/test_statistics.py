"""Bybit's figures: candles of index and mark, open interest, closed profit, coins, protection."""

from decimal import Decimal
from typing import Any

import pytest

from exchanges.simulator.server import RunningSimulator
from tests.exchanges.simulator.bybit.bybit_client import BybitClient
from tests.exchanges.simulator.client import Client, eventually

SPOT = {"category": "spot", "symbol": "BTCUSDT"}
LINEAR = {"category": "linear", "symbol": "BTCUSDT"}


@pytest.fixture
async def bybit(client: Client) -> BybitClient:
    paid = {"key": client.key, "asset": "USDT", "amount": "100000", "wallet": "futures"}
    await client.control("POST", "deposit", **paid)
    return BybitClient.from_client(client)


async def trade_contracts(bybit: BybitClient, side: str, quantity: str) -> None:
    changes = {"side": side, "qty": quantity, "orderType": "Market", "price": ""}
    answer = await bybit.order("", **LINEAR, **changes)
    assert answer.code == 0, answer.body


async def test_the_index_is_the_spot_price_and_the_mark_the_contracts(
    bybit: BybitClient, client: Client
) -> None:
    await client.control("POST", "price", symbol="BTCUSDT-PERP", price="64640")
    closes = []
    for kind in ("mark", "index", "premium-index"):
        path = f"/v5/market/{kind}-price-kline"
        rows = (await bybit.get(path, **LINEAR, interval="1", limit=2)).rows
        assert len(rows) == 2
        closes.append(Decimal(rows[0][4]))
    assert closes == [Decimal(64640), Decimal(64000), Decimal("0.01")]
    assert (await bybit.get("/v5/market/mark-price-kline", **SPOT, interval="1")).code == 10001


async def test_open_interest_and_who_holds_it(bybit: BybitClient) -> None:
    await trade_contracts(bybit, "Buy", "0.03")
    path = "/v5/market/open-interest"
    (held,) = (await bybit.get(path, **LINEAR, intervalTime="5min")).rows
    assert held["openInterest"] == "0.03"
    (ratio,) = (await bybit.get("/v5/market/account-ratio", **LINEAR, period="1d")).rows
    assert (ratio["buyRatio"], ratio["sellRatio"]) == ("0.5000", "0.5000")
    assert (await bybit.get(path, **LINEAR, intervalTime="2min")).code == 10001


@pytest.mark.parametrize("category", ["inverse", "option"])
async def test_untraded_categories_have_no_positions(bybit: BybitClient, category: str) -> None:
    answer = await bybit.get("/v5/position/list", category=category, symbol="BTCUSD")
    assert (answer.code, answer.rows) == (0, [])
    assert (await bybit.get("/v5/position/list", **SPOT)).code == 10001


async def test_each_closing_order_has_its_profit_after_fees(bybit: BybitClient) -> None:
    for side, quantity in (("Buy", "0.04"), ("Sell", "0.01"), ("Sell", "0.05"), ("Buy", "0.02")):
        await trade_contracts(bybit, side, quantity)
    rows = (await bybit.get("/v5/position/closed-pnl", **LINEAR)).rows
    closed = [(row["side"], row["closedSize"]) for row in rows]
    assert closed == [("Buy", "0.02"), ("Sell", "0.03"), ("Sell", "0.01")]
    for row in rows:
        sign = 1 if row["side"] == "Sell" else -1
        gross = sign * (Decimal(row["cumExitValue"]) - Decimal(row["cumEntryValue"]))
        fees = Decimal(row["openFee"]) + Decimal(row["closeFee"])
        assert Decimal(row["closedPnl"]) == pytest.approx(gross - fees)
    fills = (await bybit.get("/v5/execution/list", **LINEAR)).rows
    paid = sum(Decimal(row["openFee"]) + Decimal(row["closeFee"]) for row in rows)
    assert paid == pytest.approx(sum(Decimal(fill["execFee"]) for fill in fills))
    first = await bybit.get("/v5/position/closed-pnl", **LINEAR, limit=1)
    rest = await bybit.get("/v5/position/closed-pnl", **LINEAR, limit=5, cursor=first.cursor)
    assert first.rows + rest.rows == rows


async def test_a_batch_is_amended_order_by_order(bybit: BybitClient) -> None:
    await bybit.order("one")
    changes = [
        {"symbol": "BTCUSDT", "orderLinkId": name, "price": "51000"} for name in ("one", "x")
    ]
    answer = await bybit.post("/v5/order/amend-batch", category="spot", request=changes)
    assert [status["code"] for status in answer.body["retExtInfo"]["list"]] == [0, 170213]
    (order,) = (await bybit.get("/v5/order/realtime", **SPOT)).rows
    assert order["price"] == "51000"


async def test_a_checked_order_is_not_placed(bybit: BybitClient) -> None:
    order = SPOT | {"side": "Buy", "orderType": "Limit", "price": "50000"}
    assert (await bybit.post("/v5/order/pre-check", **order, qty="0.001")).code == 0
    assert (await bybit.post("/v5/order/pre-check", **order, qty="9")).code == 170131
    assert (await bybit.get("/v5/order/realtime", **SPOT)).rows == []


async def test_coins_are_all_in_the_unified_account(bybit: BybitClient) -> None:
    path = "/v5/asset/transfer/query-account-coins-balance"
    coins = (await bybit.get(path, accountType="UNIFIED", coin="USDT")).body["result"]["balance"]
    assert [(coin["coin"], coin["walletBalance"]) for coin in coins] == [("USDT", "200000")]
    assert (await bybit.get(path, accountType="FUND")).body["result"]["balance"] == []
    await bybit.order("held", qty="1")
    path = "/v5/account/withdrawal"
    left = (await bybit.get(path, coinName="USDT")).body["result"]["availableWithdrawal"]
    assert left == "150000"


async def open_protected_socket(bybit: BybitClient, topic: str) -> Any:
    socket = await bybit.session.ws_connect(bybit.base + "/v5/private")
    for request in (bybit.auth(), {"op": "subscribe", "args": [topic]}):
        await socket.send_json(request)
        assert (await socket.receive_json())["success"]
    return socket


async def test_orders_are_cancelled_when_their_sockets_stay_away(
    bybit: BybitClient, client: Client
) -> None:
    path = "/v5/order/disconnected-cancel-all"
    assert (await bybit.post(path, product="SPOT", timeWindow=2)).code == 10001
    assert (await bybit.post(path, product="SPOT", timeWindow=3)).code == 0
    (window,) = (await bybit.get("/v5/account/query-dcp-info")).body["result"]["dcpInfos"]
    assert (window["product"], window["timeWindow"]) == ("SPOT", "3")
    await bybit.order("spot")
    await bybit.order("contract", **LINEAR)
    first, second = [await open_protected_socket(bybit, "dcp.spot") for _ in range(2)]
    await client.control("POST", "limits", countdown_speed=100)
    await first.close()
    other = await open_protected_socket(bybit, "dcp.future")
    await other.close()
    assert len((await bybit.get("/v5/order/realtime", **SPOT)).rows) == 1
    await second.close()

    async def is_cancelled() -> bool:
        return not (await bybit.get("/v5/order/realtime", **SPOT)).rows

    await eventually(is_cancelled)
    assert len((await bybit.get("/v5/order/realtime", **LINEAR)).rows) == 1


async def test_a_socket_that_returns_in_time_calls_it_off(
    bybit: BybitClient, simulator: RunningSimulator
) -> None:
    countdowns = simulator.simulation.countdowns
    path = "/v5/order/disconnected-cancel-all"
    await bybit.post(path, product="SPOT", timeWindow=300)
    await (await open_protected_socket(bybit, "dcp.spot")).close()

    async def is_counting() -> bool:
        return countdowns.list_running() == [f"bybit {bybit.key} SPOT"]

    await eventually(is_counting)
    await open_protected_socket(bybit, "dcp.future")
    assert await is_counting()
    await open_protected_socket(bybit, "dcp.spot")
    assert countdowns.list_running() == []
