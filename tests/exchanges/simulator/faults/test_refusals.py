"""Refusals by faults: each venue's status and code, and which requests they match."""

import asyncio

import pytest

from exchanges.simulator.faults.faults import KINDS
from exchanges.simulator.server import RunningSimulator
from tests.exchanges.simulator.client import Answer, Client, eventually
from tests.simulator import ROOT

PATHS = {"binance": "/api/v3/time", "okx": "/api/v5/public/time", "bybit": "/v5/market/time"}
HEADERS = {"binance": "X-MBX-APIKEY", "okx": "OK-ACCESS-KEY", "bybit": "X-BAPI-API-KEY"}


async def send_request(client: Client, venue: str, *, key: str = "") -> Answer:
    headers = {HEADERS[venue]: key} if key else {}
    async with client.session.get(client.base + PATHS[venue], headers=headers) as answer:
        content = await answer.json(content_type=None) if "json" in answer.content_type else None
        return Answer(answer.status, content, dict(answer.headers))


def read_code(answer: Answer) -> str:
    return str(answer.body.get("code", answer.body.get("retCode")))


@pytest.mark.parametrize(
    ("kind", "venue", "status", "code"),
    [
        ("maintenance", "binance", 503, "1"),
        ("maintenance", "okx", 503, "50001"),
        ("maintenance", "bybit", 200, "10016"),
        ("ambiguous", "binance", 503, "-1000"),
        ("ambiguous", "okx", 500, "50004"),
        ("ambiguous", "bybit", 200, "10000"),
        ("revoked_key", "binance", 401, "-2015"),
        ("revoked_key", "okx", 401, "50111"),
        ("revoked_key", "bybit", 200, "10003"),
        ("restricted_ip", "binance", 401, "-2015"),
        ("restricted_ip", "okx", 401, "50110"),
        ("restricted_ip", "bybit", 200, "10010"),
    ],
)
async def test_each_venue_has_its_own_errors(
    client: Client, kind: str, venue: str, status: int, code: str
) -> None:
    await client.control("POST", "faults", kind=kind, match={"venue": venue})
    answer = await send_request(client, venue, key="somebody")
    assert (answer.status, read_code(answer)) == (status, code)
    for other in PATHS.keys() - {venue, "okx"}:
        assert (await send_request(client, other)).status == 200


async def test_unsigned_requests_need_no_key(client: Client) -> None:
    await client.control("POST", "faults", kind="revoked_key")
    assert (await send_request(client, "binance")).status == 200
    assert read_code(await send_request(client, "binance", key="somebody")) == "-2015"


async def test_a_ban_is_for_one_venue_and_all_its_keys(client: Client) -> None:
    await client.control("POST", "faults", kind="ban", seconds=60, match={"venue": "binance"})
    answer = await send_request(client, "binance")
    assert (answer.status, read_code(answer)) == (418, "-1003")
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    assert (await send_request(client, "binance", key="another")).status == 418
    assert (await send_request(client, "bybit")).status == 200


@pytest.mark.parametrize(("venue", "status"), [("okx", 429), ("bybit", 403)])
async def test_other_venues_send_no_retry_after(client: Client, venue: str, status: int) -> None:
    await client.control("POST", "faults", kind="ban", seconds=60, match={"venue": venue})
    answer = await send_request(client, venue)
    assert answer.status == status
    assert "Retry-After" not in answer.headers


async def test_a_fault_may_be_for_one_symbol_or_one_order(client: Client) -> None:
    fault = {"kind": "status", "status": 503, "code": -1000}
    await client.control("POST", "faults", **fault, match={"symbol": "ETH/USDT"})
    assert (await client.order()).status == 200
    assert (await client.order(symbol="ETHUSDT", price="3000")).status == 503
    await client.control("DELETE", "faults")
    await client.control("POST", "faults", **fault, match={"order": "that-one"})
    assert (await client.order(newClientOrderId="this-one")).status == 200
    assert (await client.order(newClientOrderId="that-one")).status == 503


async def test_an_order_is_placed_and_the_answer_is_an_error(client: Client) -> None:
    order = {"path": "/api/v3/order", "method": "POST"}
    await client.control("POST", "faults", kind="ambiguous_after_accept", times=1, match=order)
    assert (await client.order(newClientOrderId="ghost")).refusal == (503, -1000)
    answer = await client.signed(
        "GET", "/api/v3/order", symbol="BTCUSDT", origClientOrderId="ghost"
    )
    assert answer.body["status"] == "NEW"


async def test_an_order_that_is_not_shown_yet(client: Client) -> None:
    placed = (await client.order(newClientOrderId="young")).body
    match = {"order": "young"}
    await client.control("POST", "faults", kind="order_missing", times=2, match=match)
    query = {"symbol": "BTCUSDT", "orderId": placed["orderId"]}
    assert (await client.signed("GET", "/api/v3/order", **query)).refusal == (400, -2013)
    assert (await client.signed("GET", "/api/v3/openOrders")).body == []
    assert (await client.signed("GET", "/api/v3/order", **query)).status == 200


async def test_a_request_that_a_fault_did_not_change_does_not_count(client: Client) -> None:
    await client.control("POST", "faults", kind="unknown_status", times=1, value="MOON")
    await send_request(client, "binance")
    await client.order(newClientOrderId="odd")  # its answer has the first row
    faults = (await client.control("GET", "faults")).body["faults"]
    assert faults == []


async def test_fills_may_be_missing(client: Client) -> None:
    await client.order(newClientOrderId="taken", type="MARKET", quantity="0.01")
    await client.control("POST", "faults", kind="fills_missing", times=1)
    trades = {"symbol": "BTCUSDT"}
    assert (await client.signed("GET", "/api/v3/myTrades", **trades)).body == []
    assert len((await client.signed("GET", "/api/v3/myTrades", **trades)).body) == 1


async def test_an_invalid_fault_is_refused(client: Client) -> None:
    for body in (
        {"kind": "no such thing"},
        {"kind": "status", "match": {"planet": "mars"}},
        {"kind": "filled_by", "amount": "much"},
    ):
        assert (await client.control("POST", "faults", **body)).status == 400


async def test_a_hang_for_one_order_lets_others_through(client: Client) -> None:
    match = {"path": "/api/v3/order", "method": "POST", "order": "stuck"}
    await client.control("POST", "faults", kind="hang_after_accept", match=match)
    request = asyncio.create_task(client.order(newClientOrderId="stuck"))
    assert await eventually(lambda: _list_open_client_ids(client)) == ["stuck"]
    assert (await client.order(newClientOrderId="free")).status == 200
    request.cancel()


def test_every_kind_is_described(simulator: RunningSimulator) -> None:
    assert simulator.describe()["faults"] == KINDS
    readme = (ROOT / "exchanges" / "simulator" / "README.md").read_text()
    assert not [kind for kind in KINDS if kind not in readme]


async def _list_open_client_ids(client: Client) -> list[str]:
    rows = (await client.signed("GET", "/api/v3/openOrders")).body
    return [row["clientOrderId"] for row in rows]
