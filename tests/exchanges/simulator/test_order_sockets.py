"""Orders by WebSocket: ccxt's, and what the sockets of each venue refuse."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import ccxt.pro
import pytest

from exchanges.simulator.server import RunningSimulator
from tests.exchanges.simulator.bybit.bybit_client import BybitClient
from tests.exchanges.simulator.client import Client, Session
from tests.exchanges.simulator.okx.okx_client import OkxClient

MARKETS = [("binance", "spot"), ("binanceusdm", "swap"), ("okx", "spot"), ("bybit", "swap")]
LINEAR = {"category": "linear", "symbol": "BTCUSDT"}


@pytest.fixture
async def trader(simulator: RunningSimulator, session: aiohttp.ClientSession) -> Client:
    base = f"http://127.0.0.1:{simulator.port}"
    rights = {"futures": {"USDT": "100000"}, "permissions": {"futures": True}}
    return await Client.open(session, base, {"USDT": "100000"}, **rights)


@pytest.fixture
async def exchange(trader: Client, request: Any) -> AsyncIterator[Any]:
    """An unmodified ccxt.pro client whose addresses lead to the simulator, without TLS."""
    venue, kind = request.param
    credentials = {"apiKey": trader.key, "secret": trader.secret}
    if venue == "okx":
        account = await OkxClient.open(trader)
        credentials = {"apiKey": account.key, "secret": account.secret}
        credentials["password"] = account.passphrase
    options = {"defaultType": kind, "fetchMargins": False}
    made = getattr(ccxt.pro, venue)({**credentials, "enableRateLimit": False, "options": options})
    host = trader.base.removeprefix("http://")
    made.hostname = host
    lead_addresses(made.urls["api"], host)
    yield made
    await made.close()


def lead_addresses(addresses: dict[str, Any], host: str) -> None:
    for name, address in addresses.items():
        if isinstance(address, str):
            scheme, _, rest = address.partition("://")
            path = rest.partition("/")[2]
            addresses[name] = f"{'ws' if scheme == 'wss' else 'http'}://{host}/{path}".rstrip("/")
        else:
            lead_addresses(address, host)


@pytest.mark.parametrize("exchange", MARKETS, ids=lambda market: market[0], indirect=True)
async def test_ccxt_places_and_cancels_by_socket(exchange: Any) -> None:
    symbol = "BTC/USDT" if exchange.options["defaultType"] == "spot" else "BTC/USDT:USDT"
    placed = await exchange.create_order_ws(symbol, "limit", "buy", 0.01, 60000)
    (resting,) = await exchange.fetch_open_orders(symbol)
    assert resting["id"] == placed["id"]
    await exchange.cancel_order_ws(placed["id"], symbol)
    assert await exchange.fetch_open_orders(symbol) == []


async def test_binance_futures_take_signed_requests_by_socket(trader: Client) -> None:
    order = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC"}
    async with trader.session.ws_connect(trader.base + "/ws-fapi/v1") as socket:
        session = Session(trader, socket)
        answer = await session.signed("order.place", **order, quantity="0.01", price="60000")
        ids = {"symbol": "BTCUSDT", "orderId": answer["result"]["orderId"]}
        (weight,) = answer["rateLimits"]
        assert weight["limit"] == 2400
        changed = {**ids, "side": "BUY", "quantity": "0.02", "price": "59000"}
        assert (await session.signed("order.modify", **changed))["result"]["origQty"] == "0.02"
        assert (await session.signed("order.cancel", **ids))["result"]["status"] == "CANCELED"
        again = await session.signed("order.cancel", **ids)
        assert (again["status"], again["error"]["code"]) == (400, -2011)
        assert (await session.ask("order.status", **ids))["error"]["code"] == -1102
        started = await session.ask("userDataStream.start", apiKey=trader.key)
        assert started["result"]["listenKey"]


async def test_okx_takes_the_code_of_an_instrument(trader: Client) -> None:
    okx = await OkxClient.open(trader)
    instrument = (await okx.get("public/instruments", instType="SPOT", instId="BTC-USDT")).row
    order = {"tdMode": "cash", "side": "buy", "ordType": "limit", "sz": "0.01", "px": "60000"}
    code = instrument["instIdCode"]
    async with okx.session.ws_connect(okx.base + "/ws/v5/private") as socket:
        await socket.send_json(okx.login())
        assert (await socket.receive_json())["code"] == "0"

        async def ask(operation: str, fields: dict[str, Any]) -> Any:
            await socket.send_json({"id": "1", "op": operation, "args": [fields]})
            return await socket.receive_json()

        placed = await ask("order", {**order, "instIdCode": code})
        ids = {"ordId": placed["data"][0]["ordId"]}
        wrong = await ask("order", {**order, "instIdCode": 17, "instId": "BTC-USDT"})
        assert wrong["data"][0]["sCode"] == "51001"
        assert (await ask("amend-order", {**ids, "instIdCode": code, "newSz": "0.02"}))[
            "code"
        ] == "0"
        assert (await ask("cancel-order", {**ids, "instIdCode": str(code)}))["code"] == "0"


async def test_bybit_wants_a_login_a_time_and_a_known_operation(trader: Client) -> None:
    bybit = BybitClient.from_client(trader)
    order = LINEAR | {"side": "Buy", "orderType": "Limit", "qty": "0.01", "price": "60000"}
    stamp = bybit.auth()["args"][1]  # type: ignore[index]
    header = {"X-BAPI-TIMESTAMP": str(int(stamp) - 10_000)}
    async with bybit.session.ws_connect(bybit.base + "/v5/trade") as socket:

        async def ask(operation: str, **fields: Any) -> Any:
            await socket.send_json({"reqId": "a", "op": operation, **fields})
            answer = await socket.receive_json()
            assert answer["reqId"] == "a"
            return answer

        assert (await ask("ping"))["op"] == "pong"
        assert (await ask("order.create", header=header, args=[order]))["retCode"] == 10005
        assert (await ask("auth", args=bybit.auth()["args"]))["retCode"] == 0
        assert (await ask("auth", args=bybit.auth()["args"]))["retCode"] == 20001
        assert (await ask("order.destroy", header=header, args=[order]))["retCode"] == 10404
        assert (await ask("order.create", args=[order]))["retCode"] == 10001
        old = {"X-BAPI-TIMESTAMP": str(int(stamp) - 100_000)}
        assert (await ask("order.create", header=old, args=[order]))["retCode"] == 10002
        assert (await bybit.get("/v5/order/realtime", **LINEAR)).rows == []
        placed = await ask("order.create", header=header, args=[order])
        ids = {"orderId": placed["data"]["orderId"]}
        assert placed["header"]["X-Bapi-Limit-Status"] == "49"
        batch = {"category": "linear", "request": [LINEAR | ids, LINEAR | {"orderId": "17"}]}
        told = await ask("order.cancel-batch", header=header, args=[batch])
        assert [status["code"] for status in told["retExtInfo"]["list"]] == [0, 110001]
