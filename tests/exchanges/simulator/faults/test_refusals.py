"""How each venue says no, and that it says so to whom it should."""

import asyncio

import pytest

from exchanges.simulator.faults.faults import KINDS
from exchanges.simulator.server import RunningSimulator
from tests.exchanges.simulator.client import Answer, Client, eventually
from tests.simulator import ROOT

PATHS = {"binance": "/api/v3/time", "okx": "/api/v5/public/time", "bybit": "/v5/market/time"}
HEADERS = {"binance": "X-MBX-APIKEY", "okx": "OK-ACCESS-KEY", "bybit": "X-BAPI-API-KEY"}


async def ask(client: Client, venue: str, *, key: str = "") -> Answer:
    headers = {HEADERS[venue]: key} if key else {}
    async with client.session.get(client.base + PATHS[venue], headers=headers) as answer:
        content = await answer.json(content_type=None) if "json" in answer.content_type else None
        return Answer(answer.status, content, dict(answer.headers))


def code(answer: Answer) -> str:
    return str(answer.body.get("code", answer.body.get("retCode")))


@pytest.mark.parametrize(
    ("kind", "venue", "status", "told"),
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
async def test_each_venue_has_its_own_words(
    client: Client, kind: str, venue: str, status: int, told: str
) -> None:
    await client.control("POST", "faults", kind=kind, match={"venue": venue})
    answer = await ask(client, venue, key="somebody")
    assert (answer.status, code(answer)) == (status, told)
    for other in PATHS.keys() - {venue, "okx"}:
        assert (await ask(client, other)).status == 200


async def test_who_does_not_sign_needs_no_key(client: Client) -> None:
    await client.control("POST", "faults", kind="revoked_key")
    assert (await ask(client, "binance")).status == 200
    assert code(await ask(client, "binance", key="somebody")) == "-2015"


async def test_a_ban_is_for_one_venue_and_all_its_keys(client: Client) -> None:
    await client.control("POST", "faults", kind="ban", seconds=60, match={"venue": "binance"})
    answer = await ask(client, "binance")
    assert (answer.status, code(answer)) == (418, "-1003")
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    assert (await ask(client, "binance", key="another")).status == 418
    assert (await ask(client, "bybit")).status == 200


@pytest.mark.parametrize(("venue", "status"), [("okx", 429), ("bybit", 403)])
async def test_other_venues_do_not_say_until_when(client: Client, venue: str, status: int) -> None:
    await client.control("POST", "faults", kind="ban", seconds=60, match={"venue": venue})
    answer = await ask(client, venue)
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


async def test_done_and_yet_an_error(client: Client) -> None:
    order = {"path": "/api/v3/order", "method": "POST"}
    await client.control("POST", "faults", kind="ambiguous_after_accept", times=1, match=order)
    assert (await client.order(newClientOrderId="ghost")).refusal == (503, -1000)
    found = await client.signed("GET", "/api/v3/order", symbol="BTCUSDT", origClientOrderId="ghost")
    assert found.body["status"] == "NEW"


async def test_an_order_that_is_not_shown_yet(client: Client) -> None:
    placed = (await client.order(newClientOrderId="young")).body
    match = {"order": "young"}
    await client.control("POST", "faults", kind="order_missing", times=2, match=match)
    asked = {"symbol": "BTCUSDT", "orderId": placed["orderId"]}
    assert (await client.signed("GET", "/api/v3/order", **asked)).refusal == (400, -2013)
    assert (await client.signed("GET", "/api/v3/openOrders")).body == []
    assert (await client.signed("GET", "/api/v3/order", **asked)).status == 200


async def test_what_a_fault_did_not_change_does_not_use_it_up(client: Client) -> None:
    await client.control("POST", "faults", kind="unknown_status", times=1, value="MOON")
    await ask(client, "binance")
    await client.order(newClientOrderId="odd")  # its answer is the first row of all
    found = (await client.control("GET", "faults")).body["faults"]
    assert found == []


async def test_fills_that_stay_away(client: Client) -> None:
    await client.order(newClientOrderId="taken", type="MARKET", quantity="0.01")
    await client.control("POST", "faults", kind="fills_missing", times=1)
    trades = {"symbol": "BTCUSDT"}
    assert (await client.signed("GET", "/api/v3/myTrades", **trades)).body == []
    assert len((await client.signed("GET", "/api/v3/myTrades", **trades)).body) == 1


async def test_nonsense_is_refused(client: Client) -> None:
    for body in (
        {"kind": "no such thing"},
        {"kind": "status", "match": {"planet": "mars"}},
        {"kind": "filled_by", "amount": "much"},
    ):
        assert (await client.control("POST", "faults", **body)).status == 400


async def test_a_hang_for_one_order_lets_others_through(client: Client) -> None:
    match = {"path": "/api/v3/order", "method": "POST", "order": "stuck"}
    await client.control("POST", "faults", kind="hang_after_accept", match=match)
    asked = asyncio.create_task(client.order(newClientOrderId="stuck"))
    assert await eventually(lambda: _open(client)) == ["stuck"]
    assert (await client.order(newClientOrderId="free")).status == 200
    asked.cancel()


def test_every_kind_is_described(simulator: RunningSimulator) -> None:
    assert simulator.describe()["faults"] == KINDS
    readme = (ROOT / "exchanges" / "simulator" / "README.md").read_text()
    assert not [kind for kind in KINDS if kind not in readme]


async def _open(client: Client) -> list[str]:
    rows = (await client.signed("GET", "/api/v3/openOrders")).body
    return [row["clientOrderId"] for row in rows]
