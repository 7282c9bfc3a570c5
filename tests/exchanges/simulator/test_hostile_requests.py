"""Strange parameters at every endpoint of every venue: refused, and never a failure of ours."""

import random
from collections.abc import Iterator
from typing import Any

import pytest

from exchanges.simulator.binance.futures import app as futures
from exchanges.simulator.binance.spot import app as spot
from exchanges.simulator.bybit import app as bybit
from exchanges.simulator.okx import app as okx
from tests.exchanges.simulator.bybit.bybit_client import BybitClient
from tests.exchanges.simulator.client import Client
from tests.exchanges.simulator.okx.okx_client import OkxClient

ROUNDS = 6
TEXTS = [
    *("", "x", "-1", "1e9", "9" * 25, "NaN", "null", "٣", "0", "1", "2", "1.5", "\x00", "true"),
    *("[]", "{}", "[1]", '["a"]', '[{"a":1}]', "BTCUSDT", "BTC-USDT", "BTC-USDT-SWAP", "USDT"),
    *("1m", "5m", "5min", "1h", "linear", "spot", "SWAP", "SPOT", "cross", "cash", "conditional"),
    *("BUY", "buy", "Buy", "LIMIT", "limit", "Limit", "MARKET", "GTC", "0.01", "64000", "trigger"),
]
VALUES = [1, -1, None, True, [], {}, [1], ["x"], {"a": 1}, [{"a": 1}], 1.5, 10**30]
BINANCE = [
    *("symbol", "side", "type", "quantity", "price", "timeInForce", "orderId", "limit", "fromId"),
    *("origClientOrderId", "startTime", "endTime", "interval", "pair", "contractType", "period"),
    *("windowSize", "batchOrders", "orderIdList", "countdownTime", "priceMatch", "newQty"),
    *("stopPrice", "symbols", "orderListId", "cancelOrderId", "cancelReplaceMode", "algoType"),
    *("positionSide", "trailingDelta", "callbackRate", "triggerPrice", "algoId", "leverage"),
]
OKX = [
    *("instId", "instType", "sz", "px", "side", "ordType", "tdMode", "ordId", "clOrdId", "after"),
    *("before", "limit", "bar", "type", "unit", "ccy", "timeOut", "mgnMode", "posSide", "lever"),
    *("newSz", "newPx", "slTriggerPx", "slOrdPx", "triggerPx", "orderPx", "callbackRatio", "tag"),
    *(
        "algoId",
        "quoteCcy",
        "uly",
        "begin",
        "end",
        "state",
        "attachAlgoOrds",
        "posMode",
        "newOrdPx",
    ),
]
BYBIT = [
    *("category", "symbol", "side", "orderType", "qty", "price", "orderId", "orderLinkId", "limit"),
    *("cursor", "startTime", "endTime", "interval", "intervalTime", "period", "coin", "coinName"),
    *("accountType", "product", "timeWindow", "triggerPrice", "triggerDirection", "request"),
    *("buyLeverage", "sellLeverage", "mode", "smpType", "marketUnit", "currency", "settleCoin"),
]


def list_requests(
    names: list[str], fixed: dict[str, str], takes_json: bool
) -> Iterator[dict[str, Any]]:
    """Yield parameters that are the same in each run."""
    choices = random.Random(len(names))  # noqa: S311 - repeatable on purpose
    while True:
        params: dict[str, Any] = dict(fixed) if choices.random() < 0.8 else {}
        for name in choices.sample(names, choices.randint(0, 7)):
            is_json = takes_json and choices.random() < 0.3
            params[name] = choices.choice(VALUES if is_json else TEXTS)
        yield params


@pytest.fixture
async def unlimited(client: Client) -> Client:
    limits = dict.fromkeys(("weight_per_minute", "futures_weight_per_minute"), 10**9)
    await client.control("POST", "limits", **limits, windows_factor=10**6)
    return client


async def test_binance(unlimited: Client) -> None:
    paths = [*spot.ENDPOINTS, *((method, f"/fapi/{path}") for method, path in futures.ENDPOINTS)]
    paths += [("GET", f"/futures/data/{name}") for name in futures.DATA_ENDPOINTS]
    requests = list_requests(BINANCE, {"symbol": "BTCUSDT"}, False)
    for method, path in paths * ROUNDS:
        params = next(requests)
        answer = await unlimited.signed(method, path, **{"recvWindow": 5000, **params})
        assert answer.status < 500, (method, path, params)


async def test_okx(unlimited: Client) -> None:
    client = await OkxClient.open(unlimited)
    fixed = {"instId": "BTC-USDT-SWAP", "instType": "SWAP"}
    texts, values = list_requests(OKX, fixed, False), list_requests(OKX, fixed, True)
    for method, path in [*okx.ENDPOINTS] * ROUNDS:
        params = next(texts if method == "GET" else values)
        ask = client.get(path, **params) if method == "GET" else client.post(path, params)
        assert (await ask).status < 500, (method, path, params)


async def test_bybit(unlimited: Client) -> None:
    client = BybitClient.from_client(unlimited)
    fixed = {"category": "linear", "symbol": "BTCUSDT"}
    texts, values = list_requests(BYBIT, fixed, False), list_requests(BYBIT, fixed, True)
    for method, path in [*bybit.ENDPOINTS] * ROUNDS:
        params = next(texts if method == "GET" else values)
        ask = client.get(path, **params) if method == "GET" else client.post(path, **params)
        assert (await ask).status < 500, (method, path, params)
