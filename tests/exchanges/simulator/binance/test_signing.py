"""Authentication at Binance: keys, signatures over the raw text, and the time window."""

import time
from urllib.parse import urlencode

import pytest

from exchanges.simulator.binance.signing import strip_signature
from exchanges.simulator.transport.signing import sign_payload
from tests.exchanges.simulator.client import Client

ACCOUNT = "/api/v3/account"


def now() -> int:
    return time.time_ns() // 1_000_000


def test_the_signature_of_binances_own_documentation() -> None:
    """The example of Binance's API documentation, with its published keys."""
    secret = "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j"
    payload = (
        "symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1"
        "&recvWindow=5000&timestamp=1499827319559"
    )
    expected = "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71"
    assert sign_payload(secret, payload).hex() == expected


def test_the_signature_is_not_part_of_what_it_signs() -> None:
    assert strip_signature("a=1&signature=ff&b=2") == "a=1&b=2"


@pytest.mark.parametrize(
    ("key", "refusal"),
    [("", (401, -2014)), ("short", (401, -2014)), ("unknown-key-of-nobody", (401, -2015))],
)
async def test_malformed_and_unknown_keys_are_refused(
    client: Client, key: str, refusal: tuple[int, int]
) -> None:
    client.key = key
    assert (await client.signed("GET", ACCOUNT)).refusal == refusal


async def test_a_missing_key_is_refused(client: Client) -> None:
    assert (await client.public(ACCOUNT)).refusal == (401, -2014)


async def test_a_wrong_secret_is_refused(client: Client) -> None:
    client.secret = "guessed"
    assert (await client.signed("GET", ACCOUNT)).refusal == (400, -1022)


async def test_a_changed_request_is_refused(client: Client) -> None:
    query = urlencode({"timestamp": now(), "symbol": "BTCUSDT"})
    changed = query.replace("BTC", "ETH") + f"&signature={client.sign(query)}"
    assert (await client.raw("GET", f"/api/v3/openOrders?{changed}")).refusal == (400, -1022)


async def test_a_missing_signature_or_time_is_refused(client: Client) -> None:
    unsigned = await client.raw("GET", f"{ACCOUNT}?timestamp={now()}")
    assert (unsigned.refusal, "'signature'" in unsigned.body["msg"]) == ((400, -1102), True)
    untimed = await client.raw("GET", f"{ACCOUNT}?signature={client.sign('')}")
    assert (untimed.refusal, "'timestamp'" in untimed.body["msg"]) == ((400, -1102), True)


async def test_query_and_body_are_signed_as_one_text(client: Client) -> None:
    query = "symbol=BTCUSDT&side=BUY&type=LIMIT_MAKER"
    body = f"quantity=0.01&price=60000&timestamp={now()}"
    signature = client.sign(query + body)
    path = f"/api/v3/order?{query}"
    assert (await client.raw("POST", path, f"{body}&signature={signature}")).status == 200


async def test_a_duplicate_parameter_is_refused(client: Client) -> None:
    query = f"symbol=BTCUSDT&symbol=ETHUSDT&timestamp={now()}"
    path = f"/api/v3/openOrders?{query}&signature={client.sign(query)}"
    assert (await client.raw("GET", path)).refusal == (400, -1101)


@pytest.mark.parametrize(("offset", "window"), [(-6000, 5000), (5000, 5000), (-61000, 60000)])
async def test_a_wrong_clock_is_refused(client: Client, offset: int, window: int) -> None:
    answer = await client.signed("GET", ACCOUNT, timestamp=now() + offset, recvWindow=window)
    assert answer.refusal == (400, -1021)


async def test_a_wide_window_accepts_a_slow_clock(client: Client) -> None:
    answer = await client.signed("GET", ACCOUNT, timestamp=now() - 6000, recvWindow=10000)
    assert answer.status == 200
    too_wide = await client.signed("GET", ACCOUNT, recvWindow=60001)
    assert too_wide.refusal == (400, -1131)


async def test_the_venues_clock_can_be_moved(client: Client) -> None:
    await client.control("POST", "clock", skew_ms=-30000)
    ahead = await client.signed("GET", ACCOUNT)
    assert "ahead of the server's time" in ahead.body["msg"]
    await client.control("POST", "clock", skew_ms=30000)
    assert (await client.signed("GET", ACCOUNT)).refusal == (400, -1021)
    await client.control("POST", "clock", skew_ms=0)
    assert (await client.signed("GET", ACCOUNT)).status == 200


async def test_a_revoked_key_is_refused(client: Client) -> None:
    await client.control("POST", "revoke", key=client.key)
    assert (await client.signed("GET", ACCOUNT)).refusal == (401, -2015)
    await client.control("POST", "revoke", key=client.key, revoked=False)
    assert (await client.signed("GET", ACCOUNT)).status == 200


async def test_a_read_only_key_may_not_trade(client: Client) -> None:
    await client.control("PATCH", "accounts", key=client.key, permissions={"trading": False})
    assert (await client.signed("GET", ACCOUNT)).body["canTrade"] is False
    assert (await client.order()).refusal == (401, -2015)
    shown = (await client.signed("GET", "/sapi/v1/account/apiRestrictions")).body
    assert (shown["enableReading"], shown["enableSpotAndMarginTrading"]) == (True, False)
    assert shown["enableWithdrawals"] is False
