"""binance-sdk-spot, Binance's own, unmodified and at production addresses."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from binance_common.configuration import (
    ConfigurationRestAPI,
    ConfigurationWebSocketAPI,
    ConfigurationWebSocketStreams,
)
from binance_common.errors import BadRequestError, UnauthorizedError

from tests.exchanges.simulator.loopback import redirect_names
from tests.simulator import SimulatorProcess

# It gives aiohttp a plain number of seconds, which that is about to refuse.
pytestmark = pytest.mark.filterwarnings("ignore:parameter 'timeout' of type:DeprecationWarning")

LIMIT: dict[str, Any] = {
    "symbol": "BTCUSDT",
    "side": "BUY",
    "type": "LIMIT",
    "time_in_force": "GTC",
    "quantity": 0.01,
    "price": 50000.0,
    "new_client_order_id": "mine",
}


@pytest.fixture
def simulator(new_venue: SimulatorProcess, monkeypatch: pytest.MonkeyPatch) -> SimulatorProcess:
    redirect_names(new_venue, ".binance.com", monkeypatch)
    return new_venue


@pytest.fixture
def spot(simulator: SimulatorProcess) -> Any:
    account = simulator.open_account({"USDT": "100000", "BTC": "2"})
    return connect_spot(simulator, account["key"], account["secret"])


def connect_spot(simulator: SimulatorProcess, key: str, secret: str) -> Any:
    from binance_sdk_spot.spot import Spot  # takes a second, which every test process would spend

    # aiohttp has read its trust long before this test began, so its sockets are given theirs.
    trust = ssl.create_default_context(cafile=simulator.ca)
    named: dict[str, Any] = {"api_key": key, "api_secret": secret}
    return Spot(
        config_rest_api=ConfigurationRestAPI(**named, retries=0, timeout=10_000),
        config_ws_api=ConfigurationWebSocketAPI(**named, https_agent=trust),
        config_ws_streams=ConfigurationWebSocketStreams(https_agent=trust),
    )


@pytest.fixture
async def api(spot: Any) -> AsyncIterator[Any]:
    connection = await spot.websocket_api.create_connection()
    yield connection
    await connection.close_connection(close_session=True)


@pytest.fixture
async def streams(spot: Any) -> AsyncIterator[Any]:
    connection = await spot.websocket_streams.create_connection()
    yield connection
    await connection.close_connection(close_session=True)


async def wait_for_event(queue: "asyncio.Queue[Any]", matches: Callable[[Any], bool]) -> Any:
    async with asyncio.timeout(10):
        while not matches(event := await queue.get()):
            pass
    return event


def test_public_rest(spot: Any) -> None:
    rest = spot.rest_api
    assert rest.time().data().server_time
    (row,) = rest.exchange_info(symbol="BTCUSDT").data().symbols
    assert "STOP_LOSS_LIMIT" in row.order_types
    kinds = {one.filter_type for one in (limit.actual_instance for limit in row.filters) if one}
    assert {"LOT_SIZE", "TRAILING_DELTA", "MAX_NUM_ALGO_ORDERS"} < kinds
    price = rest.ticker_price(symbol="BTCUSDT").data().actual_instance
    assert price.price == "64000.00000000"
    assert len(rest.depth("BTCUSDT", limit=5).data().asks) == 5
    assert len(rest.klines("BTCUSDT", "1m", limit=3).data()) == 3


def test_an_order_from_placing_to_its_end(spot: Any, simulator: SimulatorProcess) -> None:
    rest = spot.rest_api
    answer = rest.new_order(**LIMIT)
    placed = answer.data()
    assert (placed.status, placed.client_order_id) == ("NEW", "mine")
    assert answer.rate_limits
    (listed,) = rest.get_open_orders("BTCUSDT").data()
    asked = rest.get_order("BTCUSDT", orig_client_order_id="mine").data()
    assert (listed.order_id, asked.is_working) == (placed.order_id, True)
    simulator.control.post("fill", clientOrderId="mine", quantity="0.004")
    ended = rest.delete_order("BTCUSDT", order_id=placed.order_id).data()
    assert (ended.status, ended.executed_qty) == ("CANCELED", "0.00400000")
    (trade,) = rest.my_trades("BTCUSDT", order_id=placed.order_id).data()
    assert (trade.qty, trade.commission_asset) == ("0.00400000", "BTC")
    assert [row.order_id for row in rest.all_orders("BTCUSDT").data()] == [placed.order_id]
    position = {row.asset: row for row in rest.get_account().data().balances}
    assert position["BTC"].free == "2.00399600"


def test_conditional_orders(spot: Any, simulator: SimulatorProcess) -> None:
    wish = {"symbol": "BTCUSDT", "side": "SELL", "quantity": 0.01}
    stop = spot.rest_api.new_order(**wish, type="STOP_LOSS", stop_price=60000.0).data()
    spot.rest_api.new_order(**wish, type="TAKE_PROFIT", trailing_delta=150)
    waiting = spot.rest_api.get_open_orders("BTCUSDT").data()
    assert [row.is_working for row in waiting] == [False, False]
    simulator.control.post("price", symbol="BTCUSDT", price="60000")
    fired = spot.rest_api.get_order("BTCUSDT", order_id=stop.order_id).data()
    assert (fired.status, fired.stop_price) == ("FILLED", "60000.00000000")


def test_refusals_are_its_own_errors(spot: Any, simulator: SimulatorProcess) -> None:
    with pytest.raises(BadRequestError) as refused:
        spot.rest_api.new_order(**LIMIT | {"quantity": 100.0})
    assert refused.value.status_code == -2010
    simulator.control.post("revoke", key=spot.rest_api.configuration.api_key)
    with pytest.raises(UnauthorizedError):
        spot.rest_api.get_account()


async def test_account_events(spot: Any, api: Any, simulator: SimulatorProcess) -> None:
    queue: asyncio.Queue[Any] = asyncio.Queue()
    subscribed = await api.user_data_stream_subscribe_signature()
    subscribed.stream.on("message", queue.put_nowait)
    await asyncio.to_thread(lambda: spot.rest_api.new_order(**LIMIT))
    simulator.control.post("fill", clientOrderId="mine", quantity="0.004")
    trade = await wait_for_event(
        queue, lambda event: getattr(event.actual_instance, "x", "") == "TRADE"
    )
    report = trade.actual_instance
    assert (type(report).__name__, report.l, report.c) == ("ExecutionReport", "0.00400000", "mine")
    position = await wait_for_event(
        queue, lambda event: "Position" in type(event.actual_instance).__name__
    )
    assert {row.a for row in position.actual_instance.B} == {"BTC", "USDT"}
    await subscribed.stream.unsubscribe()


async def test_orders_by_socket(api: Any) -> None:
    placed = (await api.order_place(**LIMIT)).data().result
    assert (placed.status, placed.client_order_id) == ("NEW", "mine")
    asked = (await api.order_status("BTCUSDT", orig_client_order_id="mine")).data().result
    assert asked.order_id == placed.order_id
    (listed,) = (await api.open_orders_status("BTCUSDT")).data().result
    assert listed.order_id == placed.order_id
    ended = (await api.order_cancel("BTCUSDT", order_id=placed.order_id)).data().result
    assert ended.status == "CANCELED"
    assert (await api.account_status()).data().result.can_trade is True


async def test_public_streams(spot: Any, streams: Any) -> None:
    queue: asyncio.Queue[Any] = asyncio.Queue()
    for stream in (await streams.trade("btcusdt"), await streams.book_ticker("btcusdt")):
        stream.on("message", queue.put_nowait)
    order = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": 0.01}
    await asyncio.to_thread(lambda: spot.rest_api.new_order(**order))
    trade = await wait_for_event(queue, lambda event: type(event).__name__ == "TradeResponse")
    assert (trade.s, trade.q) == ("BTCUSDT", "0.01000000")
    await wait_for_event(queue, lambda event: type(event).__name__ == "BookTickerResponse")
