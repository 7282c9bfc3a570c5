"""Faults of requests, and what the venue has done afterwards."""

import asyncio
import json

import aiohttp
import pytest

from exchanges.simulator.faults.faults import REQUEST_FAULTS, Fault, Faults, Match
from tests.exchanges.simulator.client import Client, eventually

ORDER = {"path": "/api/v3/order", "method": "POST"}


def count_hits(
    faults: Faults, path: str = "/api/v3/order", method: str = "POST", key: str = "k"
) -> int:
    return len(
        faults.take_matching(frozenset(REQUEST_FAULTS), path=path, method=method, key=key, now=1000)
    )


def test_a_fault_applies_as_often_as_requested() -> None:
    faults = Faults()
    faults.add_fault(Fault("status", times=2))
    assert [count_hits(faults) for _ in range(3)] == [1, 1, 0]


def test_a_fault_ends_with_its_time() -> None:
    faults = Faults()
    faults.add_fault(Fault("status", until=1000))
    assert count_hits(faults) == 0


@pytest.mark.parametrize(
    ("match", "hits"),
    [
        (Match(), 1),
        (Match(path="/api/v3/order"), 1),
        (Match(path="/api/v3/ord"), 0),
        (Match(path="/api/*"), 1),
        (Match(method="GET"), 0),
        (Match(key="k"), 1),
        (Match(key="other"), 0),
    ],
)
def test_a_fault_applies_only_where_it_matches(match: Match, hits: int) -> None:
    faults = Faults()
    faults.add_fault(Fault("status", match))
    assert count_hits(faults) == hits


async def list_open_client_ids(client: Client) -> list[str]:
    rows = (await client.signed("GET", "/api/v3/openOrders")).body
    return [row["clientOrderId"] for row in rows]


async def test_an_error_status_means_nothing_happened(client: Client) -> None:
    fault = {"kind": "status", "status": 503, "code": -1000, "message": "Unknown error"}
    await client.control("POST", "faults", **fault, times=1, match=ORDER)
    answer = await client.order(newClientOrderId="lost")
    assert (answer.status, answer.body) == (503, {"code": -1000, "msg": "Unknown error"})
    assert await list_open_client_ids(client) == []
    assert (await client.order()).status == 200


async def test_a_fault_may_have_a_body_of_its_own(client: Client) -> None:
    await client.order(newClientOrderId="there")
    fault = {"kind": "status", "status": 200, "body": [], "match": {"path": "/api/v3/openOrders"}}
    await client.control("POST", "faults", **fault, times=1)
    assert await list_open_client_ids(client) == []
    assert await list_open_client_ids(client) == ["there"]


async def test_a_ban_has_an_end(client: Client) -> None:
    await client.control("POST", "faults", kind="ban", seconds=60)
    answer = await client.public("/api/v3/ping")
    assert answer.refusal == (418, -1003)
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    await client.control("DELETE", "faults")
    assert (await client.public("/api/v3/ping")).status == 200


async def test_an_html_page_instead_of_json(client: Client) -> None:
    await client.control("POST", "faults", kind="html", status=200, times=1)
    async with client.session.get(client.base + "/api/v3/ping") as answer:
        assert (answer.status, answer.content_type) == (200, "text/html")


async def test_an_order_is_accepted_and_the_answer_never_comes(client: Client) -> None:
    await client.control("POST", "faults", kind="hang_after_accept", times=1, match=ORDER)
    request = asyncio.create_task(client.order(newClientOrderId="ghost"))
    # The venue knows of the order while its client still waits.
    assert await eventually(lambda: list_open_client_ids(client)) == ["ghost"]
    assert not request.done()
    await client.control("DELETE", "faults")
    with pytest.raises(aiohttp.ClientError):
        await request
    assert await list_open_client_ids(client) == ["ghost"]


async def test_an_order_is_accepted_and_the_connection_closed(client: Client) -> None:
    fault = {"kind": "hang_after_accept", "close": True, "times": 1, "match": ORDER}
    await client.control("POST", "faults", **fault)
    with pytest.raises(aiohttp.ClientError):
        await client.order(newClientOrderId="ghost")
    assert await list_open_client_ids(client) == ["ghost"]


async def test_an_order_is_accepted_and_the_answer_is_cut(client: Client) -> None:
    await client.control("POST", "faults", kind="truncate", times=1, match=ORDER)
    with pytest.raises(aiohttp.ClientPayloadError):
        await client.order(newClientOrderId="ghost")
    assert await list_open_client_ids(client) == ["ghost"]


async def test_a_connection_closed_before_anything_happened(client: Client) -> None:
    await client.control("POST", "faults", kind="close", times=1, match=ORDER)
    with pytest.raises(aiohttp.ClientError):
        await client.order(newClientOrderId="lost")
    assert await list_open_client_ids(client) == []


async def test_a_hang_ends_when_the_client_gives_up(client: Client) -> None:
    await client.control("POST", "faults", kind="hang", times=1, match=ORDER)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(client.order(newClientOrderId="lost"), 0.2)
    assert await list_open_client_ids(client) == []


async def test_latency_delays_and_does_not_harm(client: Client) -> None:
    await client.control("POST", "faults", kind="latency", latency_ms=50, times=1, match=ORDER)
    assert (await client.order()).status == 200
    assert (await client.control("GET", "faults")).body["faults"] == []


async def test_a_late_answer_comes_after_the_order_is_placed(client: Client) -> None:
    fault = {"kind": "latency_after_accept", "latency_ms": 60000, "times": 1, "match": ORDER}
    await client.control("POST", "faults", **fault)
    request = asyncio.create_task(client.order(newClientOrderId="early"))
    assert await eventually(lambda: list_open_client_ids(client)) == ["early"]
    assert not request.done()
    request.cancel()


async def test_sockets_are_dropped_and_new_ones_refused_for_a_while(client: Client) -> None:
    async with client.session.ws_connect(client.base + "/ws") as socket:
        await client.control("POST", "faults", kind="drop_sockets", seconds=60)
        assert (await socket.receive()).type in (
            aiohttp.WSMsgType.CLOSED,
            aiohttp.WSMsgType.ERROR,
        )
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await client.session.ws_connect(client.base + "/ws")
    await client.control("DELETE", "faults")
    async with client.session.ws_connect(client.base + "/ws") as socket:
        await socket.send_str(json.dumps({"method": "LIST_SUBSCRIPTIONS", "id": 1}))
        assert await socket.receive_json() == {"result": [], "id": 1}
