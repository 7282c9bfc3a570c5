"""The simulated Bybit against its documents: pages, limits, retention, refusals, sockets."""

from typing import Any

import pytest

from tests.exchanges.simulator.bybit.bybit_client import BybitClient
from tests.exchanges.simulator.client import Client

DAY = 86_400_000
SPOT = {"category": "spot", "symbol": "BTCUSDT"}
LINEAR = {"category": "linear", "symbol": "BTCUSDT"}


@pytest.fixture
async def bybit(client: Client) -> BybitClient:
    paid = {"key": client.key, "asset": "USDT", "amount": "100000", "wallet": "futures"}
    await client.control("POST", "deposit", **paid)
    return BybitClient.from_client(client)


async def test_a_page_has_20_rows_by_default_and_at_most_50(bybit: BybitClient) -> None:
    for first in range(0, 60, 20):
        names = [f"page{number}" for number in range(first, first + 20)]
        wish = SPOT | {"side": "Buy", "orderType": "Limit", "qty": "0.001", "price": "50000"}
        wishes = [wish | {"orderLinkId": name} for name in names]
        await bybit.post("/v5/order/create-batch", category="spot", request=wishes)
    assert len((await bybit.get("/v5/order/realtime", **SPOT)).rows) == 20
    first_page = await bybit.get("/v5/order/realtime", **SPOT, limit=500)
    assert len(first_page.rows) == 50
    rest = await bybit.get("/v5/order/realtime", **SPOT, limit=50, cursor=first_page.cursor)
    assert [row["orderLinkId"] for row in rest.rows] == [f"page{n}" for n in range(9, -1, -1)]
    beyond = await bybit.get("/v5/order/realtime", **SPOT, limit=50, cursor=rest.cursor)
    assert (beyond.rows, beyond.cursor) == ([], "")


async def test_placing_and_cancelling_answer_with_ids_only(bybit: BybitClient) -> None:
    placed = await bybit.order("mine")
    assert (placed.status, placed.code) == (200, 0)
    assert sorted(placed.body["result"]) == ["orderId", "orderLinkId"]
    cancelled = await bybit.post("/v5/order/cancel", **SPOT, orderLinkId="mine")
    assert cancelled.body["result"] == placed.body["result"]


async def test_only_unfilled_orders_are_forgotten_after_a_day(
    bybit: BybitClient, client: Client
) -> None:
    for name in ("unfilled", "partly"):
        await bybit.order(name)
    await client.control("POST", "fill", clientOrderId="partly", quantity="0.0004")
    await bybit.post("/v5/order/cancel-all", **SPOT)
    for ahead, left in ((DAY - 60_000, ["partly", "unfilled"]), (DAY + 60_000, ["partly"])):
        await client.control("POST", "clock", skew_ms=ahead)
        bybit.ahead_ms = ahead
        kept = [row["orderLinkId"] for row in (await bybit.get("/v5/order/history", **SPOT)).rows]
        assert kept == left
        found = (await bybit.get("/v5/order/realtime", **SPOT, orderLinkId="unfilled")).rows
        assert bool(found) is ("unfilled" in left)


async def test_headers_count_requests_down_to_error_10006(
    bybit: BybitClient, client: Client
) -> None:
    await client.control("POST", "limits", windows_slowness=60)
    answers = [await bybit.get("/v5/order/realtime", **SPOT) for _ in range(51)]
    assert [answer.code for answer in answers] == [0] * 50 + [10006]
    left = [int(answer.headers["X-Bapi-Limit-Status"]) for answer in answers]
    assert left == [*range(49, -1, -1), 0]
    assert {answer.headers["X-Bapi-Limit"] for answer in answers} == {"50"}
    assert answers[-1].status == 200
    resets = int(answers[-1].headers["X-Bapi-Limit-Reset-Timestamp"])
    assert resets > answers[-1].body["time"]
    other = await bybit.get("/v5/order/history", **SPOT)
    assert other.code == 0  # each endpoint has its own


async def test_an_address_over_its_limit_is_banned(bybit: BybitClient, client: Client) -> None:
    await client.control("POST", "limits", windows_slowness=60)
    for _ in range(600):
        await bybit.get("/v5/market/time")
    banned = await bybit.get("/v5/market/time")
    assert (banned.status, banned.body) == (403, "403, access too frequent")
    await client.control("POST", "limits", forget=True)
    assert (await bybit.get("/v5/market/time")).code == 0


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"key": "nobody"}, 10003),
        ({"secret": "wrong"}, 10004),
        ({"ahead_ms": -6000}, 10002),
        ({"ahead_ms": 2000}, 10002),
    ],
)
async def test_bad_credentials_are_refused(
    bybit: BybitClient, changes: dict[str, Any], code: int
) -> None:
    for name, value in changes.items():
        setattr(bybit, name, value)
    told = await bybit.get("/v5/order/realtime", **SPOT)
    assert (told.status, told.code) == (200, code)


async def test_a_read_only_key_may_not_trade(bybit: BybitClient, client: Client) -> None:
    await client.control("PATCH", "accounts", key=bybit.key, permissions={"trading": False})
    assert (await bybit.order("no")).code == 10005
    assert (await bybit.get("/v5/order/realtime", **SPOT)).code == 0
    assert (await bybit.get("/v5/user/query-api")).body["result"]["readOnly"] == 1


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"qty": "100"}, 170131),
        ({"qty": "0.00001"}, 170140),
        ({"qty": "0.000015"}, 170137),
        ({"qty": "1000"}, 170124),
        ({"qty": "10000"}, 170135),
        ({"price": "50000.001"}, 170134),
        ({"symbol": "NOUSDT"}, 170121),
        ({"side": "Hold"}, 10001),
        ({"orderLinkId": "no spaces"}, 10001),
        ({"triggerPrice": "60000"}, 170202),
        ({"takeProfit": "70000"}, 10001),
        ({"category": "linear", "qty": "100"}, 110007),
        ({"category": "linear", "qty": "0.0001"}, 10001),
        ({"category": "linear", "reduceOnly": True}, 110017),
        ({"category": "linear", "positionIdx": 1}, 10001),
        ({"category": "linear", "triggerPrice": "60000"}, 10001),
        ({"category": "linear", "triggerPrice": "60000", "triggerDirection": 1}, 110092),
        ({"category": "linear", "triggerPrice": "70000", "triggerDirection": 2}, 110093),
        ({"category": "inverse"}, 10001),
    ],
)
async def test_each_refusal_has_its_code(
    bybit: BybitClient, changes: dict[str, Any], code: int
) -> None:
    told = await bybit.order("no", **changes)
    assert (told.status, told.code) == (200, code)
    assert (await bybit.get("/v5/order/history", **SPOT)).rows == []


async def test_a_client_id_can_be_used_only_once(bybit: BybitClient) -> None:
    for category, code in (("spot", 170141), ("linear", 110072)):
        named = {"category": category, "symbol": "BTCUSDT"}
        await bybit.order("once", **named)
        await bybit.post("/v5/order/cancel", **named, orderLinkId="once")
        assert (await bybit.order("once", **named)).code == code


async def test_an_amended_order_keeps_its_ids(bybit: BybitClient) -> None:
    placed = (await bybit.order("amended")).body["result"]
    for changes, code in (
        ({}, 10001),
        ({"qty": "0.000015"}, 170137),
        ({"price": "51000", "qty": "0.002"}, 0),
    ):
        told = await bybit.post("/v5/order/amend", **SPOT, orderLinkId="amended", **changes)
        assert told.code == code
    (row,) = (await bybit.get("/v5/order/realtime", **SPOT)).rows
    assert (row["orderId"], row["price"], row["qty"]) == (placed["orderId"], "51000", "0.002")
    assert (await bybit.post("/v5/order/amend", **SPOT, orderLinkId="no", qty="1")).code == 170213


async def test_a_spot_trigger_order_is_cancelled_only_with_its_filter(bybit: BybitClient) -> None:
    trigger = {"triggerPrice": "60000", "side": "Sell", "orderFilter": "tpslOrder"}
    await bybit.order("waits", **trigger)
    (row,) = (await bybit.get("/v5/order/realtime", **SPOT)).rows
    assert (row["orderStatus"], row["stopOrderType"]) == ("Untriggered", "tpslOrder")
    for kind, found in (("Order", 0), ("StopOrder", 0), ("tpslOrder", 1)):
        listed = await bybit.get("/v5/order/realtime", **SPOT, orderFilter=kind)
        assert len(listed.rows) == found
    named = SPOT | {"orderLinkId": "waits"}
    assert (await bybit.post("/v5/order/cancel", **named)).code == 170213
    assert (await bybit.post("/v5/order/cancel", **named, orderFilter="tpslOrder")).code == 0
    (row,) = (await bybit.get("/v5/order/history", **SPOT)).rows
    assert row["orderStatus"] == "Deactivated"


@pytest.mark.parametrize("kind", ["Market", "Limit"])
async def test_a_stop_without_reserved_balance_is_rejected_when_it_is_missing(
    bybit: BybitClient, client: Client, kind: str
) -> None:
    stop = {"triggerPrice": "60000", "side": "Sell", "orderFilter": "StopOrder", "qty": "2"}
    await bybit.order("stop", **stop, orderType=kind, price="59000")
    await bybit.order("spent", side="Sell", orderType="Market", qty="1.5")
    await client.control("POST", "price", symbol="BTCUSDT", price="60000")
    (row,) = (await bybit.get("/v5/order/history", **SPOT, orderLinkId="stop")).rows
    assert (row["orderStatus"], row["cumExecQty"]) == ("Rejected", "0")


async def test_a_contract_stop_uses_no_margin_until_it_fires(
    bybit: BybitClient, client: Client
) -> None:
    stop = {"triggerPrice": "65000", "triggerDirection": 1, "price": "60000", "qty": "1"}
    await bybit.order("stop", category="linear", **stop)

    async def bound() -> Any:
        asked = await bybit.get("/v5/account/wallet-balance", accountType="UNIFIED", coin="USDT")
        return asked.rows[0]["coin"][0]["totalOrderIM"]

    assert await bound() == "0"
    await client.control("POST", "price", symbol="BTCUSDT-PERP", price="65000")
    assert await bound() == "3000"


async def test_fills_older_than_a_week_need_a_time_range(
    bybit: BybitClient, client: Client
) -> None:
    await bybit.order("old", side="Sell", orderType="Market")
    await client.control("POST", "clock", skew_ms=8 * DAY)
    bybit.ahead_ms = 8 * DAY
    assert (await bybit.get("/v5/execution/list", **SPOT)).rows == []
    assert len((await bybit.get("/v5/execution/list", **SPOT, orderLinkId="old")).rows) == 1
    too_long = await bybit.get("/v5/execution/list", **SPOT, startTime=1, endTime=9 * DAY)
    assert too_long.code == 10001


async def test_contracts_are_listed_by_symbol_or_coin(bybit: BybitClient) -> None:
    await bybit.order("one", category="linear")
    assert (await bybit.get("/v5/order/realtime", category="linear")).code == 10001
    listed = await bybit.get("/v5/order/realtime", category="linear", settleCoin="USDT")
    assert [row["orderLinkId"] for row in listed.rows] == ["one"]
    assert (await bybit.get("/v5/order/realtime", category="linear", settleCoin="USDC")).rows == []
    assert (await bybit.get("/v5/order/realtime", **SPOT)).rows == []


async def test_margin_mode_and_leverage_refusals(bybit: BybitClient) -> None:
    async def leverage(value: str) -> int:
        sides = {"buyLeverage": value, "sellLeverage": value}
        return (await bybit.post("/v5/position/set-leverage", **LINEAR, **sides)).code

    assert [await leverage(value) for value in ("5", "5", "500")] == [0, 110043, 110013]
    isolated = await bybit.post("/v5/position/switch-isolated", **LINEAR, tradeMode=1)
    assert isolated.code == 100028
    await bybit.order("busy", category="linear")
    mode = {"setMarginMode": "ISOLATED_MARGIN"}
    assert (await bybit.post("/v5/account/set-margin-mode", **mode)).code == 3400045


async def test_a_socket_answers_errors_and_stays_open(
    bybit: BybitClient,
) -> None:
    async with bybit.session.ws_connect(f"{bybit.base}/v5/private") as socket:

        async def told(request: object) -> Any:
            await socket.send_json(request)
            return await socket.receive_json(timeout=10)

        early = await told({"op": "subscribe", "args": ["order"]})
        assert (early["success"], early["ret_msg"]) == (False, "Request not authorized")
        assert (await told({"op": "dance"}))["success"] is False
        assert (await told(BybitClient.auth(bybit)))["success"] is True
        assert (await told({"op": "subscribe", "args": ["nothing"]}))["success"] is False
        assert (await told({"op": "ping"}))["op"] == "pong"
        named = await told({"op": "subscribe", "args": ["order.spot"], "req_id": "7"})
        assert (named["success"], named["req_id"]) == (True, "7")
        await bybit.order("other", category="linear")
        await bybit.order("mine")
        frame = await socket.receive_json(timeout=10)
        assert (frame["topic"], frame["data"][0]["orderLinkId"]) == ("order.spot", "mine")
        unsubscribed = await told({"op": "unsubscribe", "args": ["order.spot"]})
        assert unsubscribed["success"] is True


@pytest.mark.parametrize("category", ["spot", "linear"])
async def test_a_public_socket_has_no_private_topics(bybit: BybitClient, category: str) -> None:
    async with bybit.session.ws_connect(f"{bybit.base}/v5/public/{category}") as socket:
        for topic in ("order", "tickers.NOUSDT", "kline.7.BTCUSDT", "orderbook.3.BTCUSDT"):
            await socket.send_json({"op": "subscribe", "args": [topic]})
            assert (await socket.receive_json(timeout=10))["success"] is False
        await socket.send_json({"op": "ping", "req_id": "1"})
        assert (await socket.receive_json(timeout=10))["ret_msg"] == "pong"
