"""Binance USD-M's REST: weights, retention, refusals, settings, conditional orders."""

from typing import Any

import aiohttp
import pytest

from exchanges.simulator.server import RunningSimulator
from tests.exchanges.simulator.client import Answer, Client

BTC = {"symbol": "BTCUSDT"}
ORDER = "/fapi/v1/order"
ALGO = "/fapi/v1/algoOrder"
DAY = 86_400_000


@pytest.fixture
async def trader(simulator: RunningSimulator, session: aiohttp.ClientSession) -> Client:
    """Open an account with 1,000 USDT for spot and 100,000 for contracts."""
    base = f"http://127.0.0.1:{simulator.port}"
    fields = {"futures": {"USDT": "100000"}, "permissions": {"futures": True}}
    return await Client.open(session, base, {"USDT": "1000"}, **fields)


async def place(trader: Client, name: str = "mine", **changes: Any) -> Answer:
    defaults = {**BTC, "side": "BUY", "type": "LIMIT", "timeInForce": "GTC"}
    sizes_and_id = {"quantity": "0.01", "price": "60000", "newClientOrderId": name}
    return await trader.signed("POST", ORDER, **defaults | sizes_and_id | changes)


async def stop(trader: Client, name: str = "stop", **changes: Any) -> Answer:
    defaults = {**BTC, "algoType": "CONDITIONAL", "type": "STOP_MARKET", "side": "SELL"}
    sizes_and_id = {"quantity": "0.01", "triggerPrice": "60000", "clientAlgoId": name}
    return await trader.signed("POST", ALGO, **defaults | sizes_and_id | changes)


@pytest.mark.parametrize(
    ("path", "params", "weight"),
    [
        ("/fapi/v1/openOrders", {}, 40),
        ("/fapi/v1/openOrders", BTC, 1),
        ("/fapi/v1/openAlgoOrders", {}, 40),
        ("/fapi/v1/openAlgoOrders", BTC, 1),
        (ORDER, {**BTC, "orderId": 1}, 1),
        ("/fapi/v1/allOrders", BTC, 5),
        ("/fapi/v1/userTrades", {**BTC, "orderId": 1}, 5),
        ("/fapi/v2/positionRisk", {}, 5),
        ("/fapi/v3/account", {}, 5),
        ("/fapi/v1/depth", {**BTC, "limit": 1000}, 20),
        ("/fapi/v1/klines", {**BTC, "interval": "1m", "limit": 50}, 1),
        ("/fapi/v1/ticker/24hr", {}, 40),
    ],
)
async def test_weights(trader: Client, path: str, params: dict[str, object], weight: int) -> None:
    answer = await trader.signed("GET", path, **params)
    assert answer.headers["X-MBX-USED-WEIGHT-1M"] == str(weight)


async def test_futures_have_their_own_limit_and_ban(trader: Client) -> None:
    await trader.control("POST", "limits", futures_weight_per_minute=3)
    for _ in range(3):
        assert (await trader.public("/fapi/v1/ping")).status == 200
    refused = await trader.public("/fapi/v1/ping")
    assert refused.refusal == (429, -1003)
    assert "limit is 3 " in refused.body["msg"]
    for _ in range(20):
        refused = await trader.public("/fapi/v1/ping")
    assert refused.refusal == (418, -1003)
    assert int(refused.headers["Retry-After"]) > 60
    assert (await trader.public("/api/v3/ping")).status == 200


async def test_spot_and_futures_orders_are_counted_separately(trader: Client) -> None:
    await trader.control("POST", "limits", orders_per_10s=1)
    assert (await trader.order(quantity="0.001")).status == 200
    assert (await place(trader)).status == 200
    assert (await place(trader, "next")).refusal == (429, -1015)


async def test_the_two_markets_do_not_see_each_other(trader: Client) -> None:
    await trader.order(newClientOrderId="spot", quantity="0.001")
    await place(trader, "futures")
    spot = await trader.signed("GET", "/api/v3/openOrders")
    futures = await trader.signed("GET", "/fapi/v1/openOrders")
    assert [row["clientOrderId"] for row in spot.body] == ["spot"]
    assert [row["clientOrderId"] for row in futures.body] == ["futures"]
    listed = (await trader.public("/api/v3/exchangeInfo")).body["symbols"]
    assert not [row for row in listed if "PERP" in row["symbol"]]


async def test_an_acknowledgement_has_no_fills(trader: Client) -> None:
    market = {"type": "MARKET", "quantity": "0.01"}
    wish = {**BTC, "side": "BUY", **market}
    acknowledged = (await trader.signed("POST", ORDER, **wish)).body
    assert (acknowledged["status"], acknowledged["executedQty"]) == ("NEW", "0")
    told = (await trader.signed("POST", ORDER, **wish, newOrderRespType="RESULT")).body
    assert (told["status"], told["executedQty"], told["cumQuote"]) == ("FILLED", "0.01", "640.001")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"quantity": "0.0105"}, -1111),
        ({"price": "60000.05"}, -1111),
        ({"quantity": "0"}, -4003),
        ({"quantity": "0.001", "price": "1"}, -4131),
        ({"quantity": "50"}, -2019),
        ({"quantity": "10000", "price": "60000"}, -1111),
        ({"type": "STOP_MARKET", "stopPrice": "1"}, -4120),
        ({"type": "LIMIT_MAKER"}, -1116),
        ({"timeInForce": "GTX", "price": "65000"}, -5022),
        ({"timeInForce": "DAY"}, -1115),
        ({"side": "LONG"}, -1117),
        ({"positionSide": "LONG"}, -4061),
        ({"reduceOnly": "true"}, -2022),
        ({"symbol": "BTCUSDT-PERP"}, -1121),
        ({"price": ""}, -1102),
    ],
)
async def test_refusals(trader: Client, changes: dict[str, Any], code: int) -> None:
    assert (await place(trader, **changes)).refusal == (400, code)
    assert (await trader.signed("GET", "/fapi/v1/openOrders", **BTC)).body == []


async def test_a_key_without_futures_reads_and_does_not_trade(trader: Client) -> None:
    await trader.control("PATCH", "accounts", key=trader.key, permissions={"futures": False})
    assert (await place(trader)).refusal == (401, -2015)
    assert (await trader.signed("GET", "/fapi/v1/openOrders", **BTC)).body == []


async def test_a_duplicate_client_id_is_refused(trader: Client) -> None:
    await place(trader)
    assert (await place(trader)).refusal == (400, -4116)
    await stop(trader)
    assert (await stop(trader)).refusal == (400, -4116)


async def test_unfilled_orders_are_forgotten_after_three_days(trader: Client) -> None:
    await place(trader, "part")
    await trader.control("POST", "fill", clientOrderId="part", quantity="0.004")
    await place(trader, "never")
    for name in ("part", "never"):
        await trader.signed("DELETE", ORDER, **BTC, origClientOrderId=name)
    await trader.control("POST", "clock", skew_ms=3 * DAY + 60_000)
    late = {"recvWindow": 60_000}
    at = await trader.public("/fapi/v1/time")
    now = {"timestamp": at.body["serverTime"], **late}
    found = await trader.signed("GET", ORDER, **BTC, origClientOrderId="part", **now)
    assert found.body["executedQty"] == "0.004"
    gone = await trader.signed("GET", ORDER, **BTC, origClientOrderId="never", **now)
    assert gone.refusal == (400, -2013)
    listed = await trader.signed("GET", "/fapi/v1/allOrders", **BTC, **now)
    assert [row["clientOrderId"] for row in listed.body] == ["part"]


async def test_an_amended_order_keeps_its_ids(trader: Client) -> None:
    placed = (await place(trader)).body
    sizes_and_id = {**BTC, "side": "BUY", "origClientOrderId": "mine"}
    same = await trader.signed("PUT", ORDER, **sizes_and_id, quantity="0.01", price="60000")
    assert same.refusal == (400, -5027)
    changed = await trader.signed("PUT", ORDER, **sizes_and_id, quantity="0.02", price="61000")
    assert changed.body["orderId"] == placed["orderId"]
    assert (changed.body["price"], changed.body["origQty"]) == ("61000", "0.02")
    taken = await trader.signed("PUT", ORDER, **sizes_and_id, quantity="0.02", price="65000")
    assert taken.body["status"] == "FILLED"
    over = await trader.signed("PUT", ORDER, **sizes_and_id, quantity="0.03", price="65000")
    assert over.refusal == (400, -2013)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"price": "60000.05"}, -1111),
        ({"quantity": "0.0105"}, -1111),
        ({"price": "1"}, -4131),
        ({"quantity": "50"}, -2019),
    ],
)
async def test_an_amended_order_obeys_the_filters(
    trader: Client, changes: dict[str, Any], code: int
) -> None:
    before = (await place(trader)).body
    wish = {**BTC, "side": "BUY", "quantity": "0.01", "price": "60000", **changes}
    refused = await trader.signed("PUT", ORDER, **wish, origClientOrderId="mine")
    assert refused.refusal == (400, code)
    assert (await trader.signed("GET", ORDER, **BTC, orderId=before["orderId"])).body == before


@pytest.mark.parametrize("changes", [{"price": "65000"}, {"quantity": "0.004"}])
async def test_an_amendment_that_leaves_nothing_cancels_the_order(
    trader: Client, changes: dict[str, Any]
) -> None:
    await place(trader, timeInForce="GTX")
    await trader.control("POST", "fill", clientOrderId="mine", quantity="0.004")
    wish = {**BTC, "side": "BUY", "quantity": "0.01", "price": "60000", **changes}
    ended = await trader.signed("PUT", ORDER, **wish, origClientOrderId="mine")
    assert (ended.body["status"], ended.body["executedQty"]) == ("CANCELED", "0.004")


async def test_trades_are_paged_by_id(trader: Client) -> None:
    await place(trader)
    for _ in range(3):
        await trader.control("POST", "fill", clientOrderId="mine", quantity="0.002")
    path = "/fapi/v1/userTrades"
    every = (await trader.signed("GET", path, **BTC)).body
    assert len(every) == 3
    newest = (await trader.signed("GET", path, **BTC, limit=2)).body
    assert newest == every[1:]
    following = (await trader.signed("GET", path, **BTC, fromId=every[1]["id"])).body
    assert following == every[1:]
    mixed = await trader.signed("GET", path, **BTC, fromId=1, startTime=1)
    assert mixed.refusal == (400, -1128)


async def test_all_orders_are_cancelled_at_once(trader: Client) -> None:
    for name in ("one", "two"):
        await place(trader, name)
        await stop(trader, name)
    assert (await trader.signed("DELETE", "/fapi/v1/allOpenOrders", **BTC)).body["code"] == 200
    assert (await trader.signed("GET", "/fapi/v1/openOrders")).body == []
    assert len((await trader.signed("GET", "/fapi/v1/openAlgoOrders")).body) == 2
    cancelled = await trader.signed("DELETE", "/fapi/v1/algoOpenOrders", **BTC)
    assert cancelled.body["code"] == "200"
    assert (await trader.signed("GET", "/fapi/v1/openAlgoOrders")).body == []
    history = (await trader.signed("GET", "/fapi/v1/allAlgoOrders", **BTC)).body
    assert [row["algoStatus"] for row in history] == ["CANCELED", "CANCELED"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"triggerPrice": "65000"}, -2021),
        ({"triggerPrice": ""}, -1102),
        ({"type": "MARKET"}, -1116),
        ({"algoType": "VP"}, -1116),
        ({"type": "STOP"}, -1102),
        ({"type": "TRAILING_STOP_MARKET"}, -1102),
        ({"type": "TRAILING_STOP_MARKET", "callbackRate": "50"}, -1130),
        ({"quantity": "0.00005"}, -1111),
    ],
)
async def test_refused_conditional_orders(
    trader: Client, changes: dict[str, Any], code: int
) -> None:
    assert (await stop(trader, **changes)).refusal == (400, code)


async def test_a_fired_order_links_to_the_order_it_placed(trader: Client) -> None:
    waiting = (await stop(trader, type="STOP", price="70000")).body
    assert (waiting["algoStatus"], waiting["actualOrderId"]) == ("NEW", "")
    await trader.control("POST", "price", symbol="BTCUSDT-PERP", price="60000")
    fired = (await trader.signed("GET", ALGO, algoId=waiting["algoId"])).body
    assert fired["algoStatus"] == "TRIGGERED"
    became = (await trader.signed("GET", ORDER, **BTC, orderId=fired["actualOrderId"])).body
    assert (became["clientOrderId"], became["status"]) == ("stop", "NEW")
    gone = await trader.signed("DELETE", ALGO, algoId=waiting["algoId"])
    assert gone.refusal == (400, -2011)
    await trader.control("POST", "fill", clientOrderId="stop")
    over = (await trader.signed("GET", ALGO, clientAlgoId="stop")).body
    assert (over["algoStatus"], over["actualPrice"]) == ("FINISHED", "70000")


async def test_a_fired_order_without_margin_is_rejected(trader: Client) -> None:
    await stop(trader, type="STOP", price="59000", quantity="100")
    await trader.control("POST", "price", symbol="BTCUSDT-PERP", price="60000")
    row = (await trader.signed("GET", ALGO, clientAlgoId="stop")).body
    assert (row["algoStatus"], row["actualOrderId"]) == ("REJECTED", "")


async def test_settings(trader: Client) -> None:
    path = "/fapi/v1/positionSide/dual"
    assert (await trader.signed("GET", path)).body == {"dualSidePosition": False}
    refused = await trader.signed("POST", path, dualSidePosition="false")
    assert refused.refusal == (400, -4059)
    rates = (await trader.signed("GET", "/fapi/v1/commissionRate", **BTC)).body
    assert rates["takerCommissionRate"] == "0.0005"
    isolated = {**BTC, "marginType": "ISOLATED"}
    assert (await trader.signed("POST", "/fapi/v1/marginType", **isolated)).status == 200
    again = await trader.signed("POST", "/fapi/v1/marginType", **isolated)
    assert again.refusal == (400, -4046)
    await place(trader)
    crossed = {**BTC, "marginType": "CROSSED"}
    held = await trader.signed("POST", "/fapi/v1/marginType", **crossed)
    assert held.refusal == (400, -4047)


async def test_an_operator_pays_into_the_futures_wallet(trader: Client) -> None:
    wanted = {"key": trader.key, "asset": "USDT", "amount": "5", "wallet": "futures"}
    paid = await trader.control("POST", "deposit", **wanted)
    assert paid.body["futures"] == {"USDT": "100005.00000000"}
    assert paid.body["balances"]["USDT"]["free"] == "1000.00000000"
    wrong = await trader.control("POST", "deposit", **wanted | {"asset": "BTC"})
    assert wrong.status == 400


@pytest.mark.parametrize(
    ("kind", "trigger"), [("STOP_MARKET", "60000"), ("TAKE_PROFIT_MARKET", "68000")]
)
async def test_a_stop_of_a_whole_position_closes_what_there_is_then(
    trader: Client, kind: str, trigger: str
) -> None:
    closing = {**BTC, "side": "SELL", "algoType": "CONDITIONAL", "closePosition": "true"}
    stop_order = {**closing, "type": kind, "triggerPrice": trigger}
    placed = (await trader.signed("POST", ALGO, **stop_order)).body
    assert (placed["closePosition"], placed["quantity"]) == (True, "0")
    for quantity in ("0.01", "0.02"):
        await place(trader, type="MARKET", quantity=quantity, price="", timeInForce="", name="")
    await trader.control("POST", "price", symbol="BTCUSDT-PERP", price=trigger)
    assert (await trader.signed("GET", "/fapi/v3/positionRisk", **BTC)).body == []
    (*_, order) = (await trader.signed("GET", "/fapi/v1/allOrders", **BTC)).body
    assert (order["closePosition"], order["executedQty"], order["status"]) == (
        True,
        "0.03",
        "FILLED",
    )


async def test_a_stop_of_a_position_that_is_gone_ends(trader: Client) -> None:
    closing = {**BTC, "side": "SELL", "algoType": "CONDITIONAL", "closePosition": "true"}
    await trader.signed("POST", ALGO, **closing, type="STOP_MARKET", triggerPrice="60000")
    await trader.control("POST", "price", symbol="BTCUSDT-PERP", price="60000")
    (ended,) = (await trader.signed("GET", "/fapi/v1/allAlgoOrders", **BTC)).body
    assert ended["algoStatus"] in ("EXPIRED", "REJECTED")
    assert (await trader.signed("GET", "/fapi/v1/allOrders", **BTC)).body == []


async def test_a_whole_position_is_closed_by_market_only_and_without_a_size(
    trader: Client,
) -> None:
    for changes, code in (
        ({"quantity": "0.01"}, -1106),
        ({"reduceOnly": "true"}, -1106),
        ({"type": "STOP", "price": "60000"}, -4136),
    ):
        order = {**BTC, "side": "SELL", "algoType": "CONDITIONAL", "type": "STOP_MARKET"}
        fields = {**order, "triggerPrice": "60000", "closePosition": "true", **changes}
        assert (await trader.signed("POST", ALGO, **fields)).refusal == (400, code)
    assert (await place(trader, closePosition="true")).refusal == (400, -4136)
