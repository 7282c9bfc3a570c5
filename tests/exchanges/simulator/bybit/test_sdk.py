"""pybit, unmodified, at production addresses: REST, and the private and public sockets."""

from collections.abc import Callable, Iterator
from queue import Queue
from typing import Any

import pytest
from pybit.exceptions import InvalidRequestError  # type: ignore[import-untyped]
from pybit.unified_trading import HTTP, WebSocket  # type: ignore[import-untyped]

from tests.exchanges.simulator.loopback import redirect_names
from tests.simulator import SimulatorProcess

CATEGORIES = [("spot", "BTCUSDT"), ("linear", "BTCUSDT-PERP")]


@pytest.fixture
def simulator(new_venue: SimulatorProcess, monkeypatch: pytest.MonkeyPatch) -> SimulatorProcess:
    redirect_names(new_venue, ".bybit.com", monkeypatch)
    # pybit records a request only after it has sent it, so an answer must not come before.
    new_venue.control.post("faults", kind="latency_sockets", latency_ms=50)
    return new_venue


@pytest.fixture
def credentials(simulator: SimulatorProcess) -> dict[str, str]:
    account = simulator.open_account({"USDT": "100000", "BTC": "2"}, futures={"USDT": "100000"})
    return {"api_key": account["key"], "api_secret": account["secret"]}


@pytest.fixture
def http(simulator: SimulatorProcess, credentials: dict[str, str]) -> Iterator[HTTP]:
    session = HTTP(**credentials, max_retries=1)
    session.client.verify = simulator.ca
    yield session
    session.client.close()


@pytest.fixture
def open_socket() -> Iterator[Callable[..., WebSocket]]:
    sockets: list[WebSocket] = []

    def build_socket(channel: str, **more: str) -> WebSocket:
        sockets.append(WebSocket(channel_type=channel, testnet=False, **more))
        return sockets[-1]

    yield build_socket
    for socket in sockets:
        socket.exit()
        socket.wst.join(5)


def order_request(category: str, name: str, **changes: str) -> dict[str, str]:
    defaults = {"category": category, "symbol": "BTCUSDT", "side": "Buy", "orderType": "Limit"}
    return defaults | {"qty": "0.01", "price": "50000", "orderLinkId": name} | changes


def wait_for_row(queue: "Queue[Any]", matches: Callable[[Any], bool]) -> Any:
    """Return the first matching row, within ten seconds each."""
    while True:
        for row in queue.get(timeout=10)["data"]:
            if matches(row):
                return row


@pytest.mark.parametrize("category", ["spot", "linear"])
def test_public_rest(http: HTTP, category: str) -> None:
    assert int(http.get_server_time()["result"]["timeSecond"]) > 0
    rows = http.get_instruments_info(category=category)["result"]["list"]
    assert "BTCUSDT" in [row["symbol"] for row in rows]
    named = {"category": category, "symbol": "BTCUSDT"}
    assert http.get_tickers(**named)["result"]["list"][0]["lastPrice"] == "64000"
    assert http.get_orderbook(**named, limit=5)["result"]["a"]
    assert len(http.get_kline(**named, interval="1", limit=5)["result"]["list"]) == 5
    assert http.get_public_trade_history(**named)["result"]["list"] == []


@pytest.mark.parametrize(("category", "engine_symbol"), CATEGORIES)
def test_an_order_from_placing_to_its_end(
    http: HTTP, simulator: SimulatorProcess, category: str, engine_symbol: str
) -> None:
    named = {"category": category, "symbol": "BTCUSDT"}
    placed = http.place_order(**order_request(category, "mine"))["result"]
    assert sorted(placed) == ["orderId", "orderLinkId"]
    http.amend_order(**named, orderId=placed["orderId"], price="50500", qty="0.02")
    (row,) = http.get_open_orders(**named)["result"]["list"]
    assert (row["orderId"], row["price"], row["qty"]) == (placed["orderId"], "50500", "0.02")
    simulator.control.post("fill", clientOrderId="mine", quantity="0.005", symbol=engine_symbol)
    http.cancel_order(**named, orderLinkId="mine")
    (row,) = http.get_order_history(**named)["result"]["list"]
    ended = "PartiallyFilledCanceled" if category == "spot" else "Cancelled"
    assert (row["orderStatus"], row["cumExecQty"]) == (ended, "0.005")
    (part,) = http.get_executions(**named)["result"]["list"]
    assert (part["orderLinkId"], part["execQty"], part["isMaker"]) == ("mine", "0.005", True)


def test_refusals_are_pybits_own(http: HTTP) -> None:
    for changes, code in (({"qty": "100"}, 170131), ({"symbol": "NOUSDT"}, 170121)):
        with pytest.raises(InvalidRequestError) as refused:
            http.place_order(**order_request("spot", "no", **changes))
        assert refused.value.status_code == code


def test_each_order_of_a_batch_has_its_own_result(http: HTTP) -> None:
    requests = [
        order_request("linear", "one"),
        order_request("linear", "one"),
        order_request("linear", "two"),
    ]
    answer = http.place_batch_order(category="linear", request=requests)
    assert [told["code"] for told in answer["retExtInfo"]["list"]] == [0, 110072, 0]
    assert len(http.cancel_all_orders(category="linear", settleCoin="USDT")["result"]["list"]) == 2


def test_a_conditional_order_is_an_open_order_and_keeps_its_id(
    http: HTTP, simulator: SimulatorProcess
) -> None:
    trigger = {"triggerPrice": "65000", "triggerDirection": "1", "orderType": "Market"}
    placed = http.place_order(**order_request("linear", "stop", **trigger))["result"]
    named = {"category": "linear", "symbol": "BTCUSDT", "orderId": placed["orderId"]}
    (row,) = http.get_open_orders(**named, orderFilter="StopOrder")["result"]["list"]
    assert (row["orderStatus"], row["stopOrderType"]) == ("Untriggered", "Stop")
    simulator.control.post("price", symbol="BTCUSDT-PERP", price="65000")
    (row,) = http.get_order_history(**named)["result"]["list"]
    assert (row["orderStatus"], row["cumExecQty"]) == ("Filled", "0.01")


def test_leverage_margin_mode_and_positions(http: HTTP) -> None:
    named = {"category": "linear", "symbol": "BTCUSDT"}
    http.set_leverage(**named, buyLeverage="5", sellLeverage="5")
    with pytest.raises(InvalidRequestError) as refused:
        http.set_leverage(**named, buyLeverage="5", sellLeverage="5")
    assert refused.value.status_code == 110043
    http.set_margin_mode(setMarginMode="ISOLATED_MARGIN")
    assert http.get_account_info()["result"]["marginMode"] == "ISOLATED_MARGIN"
    http.place_order(**order_request("linear", "short", side="Sell", orderType="Market"))
    (row,) = http.get_positions(category="linear", settleCoin="USDT")["result"]["list"]
    assert (row["side"], row["size"], row["leverage"]) == ("Sell", "0.01", "5")
    (wallet,) = http.get_wallet_balance(accountType="UNIFIED", coin="USDT")["result"]["list"]
    assert float(wallet["coin"][0]["totalPositionIM"]) == pytest.approx(128, rel=0.01)


@pytest.mark.parametrize("category", ["spot", "linear"])
def test_the_private_socket(
    http: HTTP, open_socket: Callable[..., WebSocket], credentials: dict[str, str], category: str
) -> None:
    queues: dict[str, Queue[Any]] = {
        name: Queue() for name in ("order", "execution", "wallet", "position")
    }
    socket = open_socket("private", **credentials)
    for name, queue in queues.items():
        getattr(socket, f"{name}_stream")(queue.put)
    market = {"orderType": "Market", "marketUnit": "baseCoin"}
    http.place_order(**order_request(category, "told", **market))
    order = wait_for_row(queues["order"], lambda row: row["orderStatus"] == "Filled")
    assert (order["orderLinkId"], order["category"]) == ("told", category)
    part = wait_for_row(queues["execution"], lambda row: row["orderLinkId"] == "told")
    assert part["execQty"] == "0.01"
    assert wait_for_row(queues["wallet"], lambda row: row["coin"])["accountType"] == "UNIFIED"
    if category == "linear":
        assert wait_for_row(queues["position"], lambda row: row["size"] == "0.01")["side"] == "Buy"


@pytest.mark.parametrize("category", ["spot", "linear"])
def test_the_public_sockets(
    http: HTTP, open_socket: Callable[..., WebSocket], category: str
) -> None:
    socket, queue = open_socket(category), Queue[Any]()
    socket.trade_stream("BTCUSDT", queue.put)
    tickers: Queue[Any] = Queue()
    socket.ticker_stream("BTCUSDT", tickers.put)
    assert tickers.get(timeout=10)["data"]["lastPrice"] == "64000"
    books: Queue[Any] = Queue()
    socket.orderbook_stream(50, "BTCUSDT", books.put)
    assert books.get(timeout=10)["data"]["a"]
    candles: Queue[Any] = Queue()
    socket.kline_stream(1, "BTCUSDT", candles.put)
    assert candles.get(timeout=10)["data"][0]["close"] == "64000"
    http.place_order(**order_request(category, "public", orderType="Market", marketUnit="baseCoin"))
    assert wait_for_row(queue, lambda row: row["S"] == "Buy")["v"] == "0.01"
