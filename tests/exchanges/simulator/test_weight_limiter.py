"""Rate limits: weights of requests, refusals, bans, and limits on orders."""

import pytest

from exchanges.simulator.rate_limits.weight_limiter import (
    MINUTE,
    WARNINGS_BEFORE_BAN,
    RateLimiter,
    RateLimits,
)
from tests.exchanges.simulator.client import Client

NOW = 1_800_000_000_000


def test_a_new_minute_starts_from_zero() -> None:
    limiter = RateLimiter(RateLimits(weight_per_minute=10))
    assert limiter.spend("a", 10, NOW) is None
    refusal = limiter.spend("a", 1, NOW)
    assert refusal is not None
    assert (refusal.ban, refusal.until) == (False, NOW + MINUTE)
    assert limiter.spend("b", 1, NOW) is None
    assert limiter.spend("a", 1, NOW + MINUTE) is None


def test_each_ban_is_longer_than_the_one_before() -> None:
    limiter = RateLimiter(RateLimits(weight_per_minute=1))
    lengths = []
    now = NOW
    for _ in range(3):
        refusals = [limiter.spend("a", 1, now) for _ in range(WARNINGS_BEFORE_BAN + 2)]
        last = refusals[-1]
        assert last is not None
        assert last.ban
        lengths.append(last.until - now)
        now = last.until
    assert lengths == [2 * MINUTE, 4 * MINUTE, 8 * MINUTE]


def test_orders_are_counted_over_ten_seconds() -> None:
    limiter = RateLimiter(RateLimits(orders_per_10s=2))
    assert [limiter.count_order("a", NOW + i) for i in range(3)] == [True, True, False]
    assert limiter.count_order("a", NOW + 10_001)


@pytest.mark.parametrize(
    ("method", "path", "params", "weight"),
    [
        ("GET", "/api/v3/openOrders", {}, 80),
        ("GET", "/api/v3/openOrders", {"symbol": "BTCUSDT"}, 6),
        ("GET", "/api/v3/order", {"symbol": "BTCUSDT", "orderId": 1}, 4),
        ("GET", "/api/v3/myTrades", {"symbol": "BTCUSDT"}, 20),
        ("GET", "/api/v3/myTrades", {"symbol": "BTCUSDT", "orderId": 1}, 5),
        ("GET", "/api/v3/allOrders", {"symbol": "BTCUSDT"}, 20),
        ("GET", "/api/v3/account", {}, 20),
        ("GET", "/api/v3/exchangeInfo", {}, 20),
        ("GET", "/api/v3/depth", {"symbol": "BTCUSDT", "limit": 1000}, 50),
        ("GET", "/api/v3/ticker/24hr", {}, 80),
    ],
)
async def test_each_endpoint_has_its_weight(
    client: Client, method: str, path: str, params: dict[str, object], weight: int
) -> None:
    if path.endswith(("exchangeInfo", "depth", "24hr")):
        answer = await client.public(path, **params)
    else:
        answer = await client.signed(method, path, **params)
    assert answer.headers["X-MBX-USED-WEIGHT-1M"] == str(weight)
    assert answer.headers["X-MBX-USED-WEIGHT"] == str(weight)


async def test_too_much_weight_in_a_minute_is_refused_and_then_banned(client: Client) -> None:
    await client.control("POST", "limits", weight_per_minute=50)
    answers = [await client.public("/api/v3/exchangeInfo") for _ in range(3)]
    assert [answer.status for answer in answers] == [200, 200, 429]
    assert answers[2].body["code"] == -1003
    assert 1 <= int(answers[2].headers["Retry-After"]) <= 60
    for _ in range(WARNINGS_BEFORE_BAN):
        last = await client.public("/api/v3/ping")
    assert last.status == 418
    assert "IP banned until" in last.body["msg"]
    await client.control("POST", "limits", forget=True)
    assert (await client.public("/api/v3/ping")).status == 200


async def test_wallet_and_trading_endpoints_are_counted_apart(client: Client) -> None:
    answer = await client.signed("GET", "/sapi/v1/capital/config/getall")
    assert answer.headers["X-SAPI-USED-IP-WEIGHT-1M"] == "10"
    assert (await client.public("/api/v3/ping")).headers["X-MBX-USED-WEIGHT-1M"] == "1"


async def test_too_many_orders_are_refused(client: Client) -> None:
    await client.control("POST", "limits", orders_per_10s=2)
    answers = [await client.order() for _ in range(3)]
    assert answers[1].headers["X-MBX-ORDER-COUNT-10S"] == "2"
    assert answers[2].refusal == (429, -1015)


async def test_too_many_open_orders_are_refused(client: Client) -> None:
    await client.control("POST", "limits", open_orders_per_symbol=1)
    await client.order()
    refused = await client.order()
    assert refused.body["msg"] == "Filter failure: MAX_NUM_ORDERS"
