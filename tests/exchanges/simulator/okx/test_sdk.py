"""python-okx, unmodified, at production addresses: REST, and the private and public sockets."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any
from zlib import crc32

import pytest
from okx.Account import AccountAPI  # type: ignore[import-untyped]
from okx.MarketData import MarketAPI  # type: ignore[import-untyped]
from okx.PublicData import PublicAPI  # type: ignore[import-untyped]
from okx.Trade import TradeAPI  # type: ignore[import-untyped]
from okx.websocket.WsPrivateAsync import WsPrivateAsync  # type: ignore[import-untyped]
from okx.websocket.WsPublicAsync import WsPublicAsync  # type: ignore[import-untyped]

from tests.exchanges.simulator.loopback import redirect_names
from tests.simulator import SimulatorProcess

# The SDK hands httpx its bodies in a way that httpx will not take much longer.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")

LIVE = "0"
BTC, SWAP = "BTC-USDT", "BTC-USDT-SWAP"
SOCKETS = "wss://ws.okx.com:8443/ws/v5/"


@pytest.fixture
def simulator(new_venue: SimulatorProcess, monkeypatch: pytest.MonkeyPatch) -> SimulatorProcess:
    redirect_names(new_venue, ".okx.com", monkeypatch)
    return new_venue


@pytest.fixture
def account(simulator: SimulatorProcess) -> dict[str, Any]:
    balances = {"USDT": "100000", "BTC": "2"}
    return simulator.open_account(balances, futures={"USDT": "100000"}, label="sdk")


@pytest.fixture
def api(account: dict[str, Any]) -> Iterator[Callable[[Any], Any]]:
    """Open authenticated clients of the SDK's classes."""
    clients: list[Any] = []

    def open_client(kind: Any) -> Any:
        credentials = (account["key"], account["secret"], account["passphrase"])
        clients.append(kind(*credentials, flag=LIVE))
        return clients[-1]

    yield open_client
    for client in clients:
        client.close()


@pytest.fixture
def trade(api: Callable[[Any], Any]) -> Any:
    return api(TradeAPI)


def limit_order(name: str, **changes: str) -> dict[str, str]:
    defaults = {"instId": BTC, "tdMode": "cash", "side": "buy", "ordType": "limit"}
    return defaults | {"sz": "0.01", "px": "50000", "clOrdId": name} | changes


def single_row(answer: dict[str, Any]) -> Any:
    assert answer["code"] == "0", answer
    (row,) = answer["data"]
    return row


@pytest.mark.usefixtures("simulator")
def test_public_rest(api: Callable[[Any], Any]) -> None:
    public, market = api(PublicAPI), api(MarketAPI)
    assert int(single_row(public.get_system_time())["ts"]) > 0
    listed = {row["instId"]: row for row in public.get_instruments("SPOT")["data"]}
    assert (listed[BTC]["tickSz"], listed[BTC]["state"]) == ("0.01", "live")
    swap = single_row(public.get_instruments("SWAP", instId=SWAP))
    assert (swap["ctVal"], swap["ctType"], swap["lotSz"]) == ("0.01", "linear", "0.1")
    assert single_row(market.get_ticker(BTC))["last"] == "64000"
    assert len(market.get_tickers("SWAP")["data"]) == 4
    assert len(single_row(market.get_orderbook(BTC, sz="5"))["asks"]) == 5
    assert len(market.get_candlesticks(BTC, bar="1H", limit="3")["data"]) == 3
    assert market.get_trades(BTC)["data"] == []
    assert single_row(public.get_mark_price("SWAP", instId=SWAP))["markPx"] == "64000"


def test_an_order_from_placing_to_its_end(trade: Any, simulator: SimulatorProcess) -> None:
    placed = single_row(trade.place_order(**limit_order("mine")))
    assert (placed["sCode"], placed["clOrdId"]) == ("0", "mine")
    assert single_row(trade.amend_order(BTC, ordId=placed["ordId"], newPx="51000", newSz="0.02"))
    pending = single_row(trade.get_order_list(instType="SPOT"))
    assert (pending["px"], pending["sz"], pending["state"]) == ("51000", "0.02", "live")
    simulator.control.post("fill", clientOrderId="mine", quantity="0.004")
    assert single_row(trade.get_order(BTC, clOrdId="mine"))["state"] == "partially_filled"
    assert single_row(trade.cancel_order(BTC, ordId=placed["ordId"]))["sCode"] == "0"
    ended = single_row(trade.get_orders_history("SPOT"))
    assert (ended["state"], ended["accFillSz"], ended["fee"]) == ("canceled", "0.004", "-0.000004")
    assert single_row(trade.get_orders_history_archive("SPOT")) == ended
    fill = single_row(trade.get_fills(instType="SPOT"))
    assert (fill["ordId"], fill["fillSz"], fill["execType"]) == (placed["ordId"], "0.004", "M")
    assert single_row(trade.get_fills_history("SPOT")) == fill


def test_a_refused_order_is_answered_with_http_200(trade: Any) -> None:
    answer = trade.place_order(**limit_order("poor", sz="100"))
    assert (answer["code"], answer["data"][0]["sCode"]) == ("1", "51008")
    assert trade.get_order(BTC, clOrdId="poor")["code"] == "51603"
    assert trade.cancel_order(BTC, clOrdId="poor")["data"][0]["sCode"] == "51400"
    assert single_row(trade.place_order(**limit_order("twice")))
    assert trade.place_order(**limit_order("twice"))["data"][0]["sCode"] == "51016"


def test_batches(trade: Any) -> None:
    answer = trade.place_multiple_orders(
        [limit_order("one"), limit_order("two", sz="100"), limit_order("three")]
    )
    assert (answer["code"], [row["sCode"] for row in answer["data"]]) == ("2", ["0", "51008", "0"])
    names = [{"instId": BTC, "clOrdId": name} for name in ("one", "three")]
    assert trade.cancel_multiple_orders(names)["code"] == "0"
    assert trade.get_order_list()["data"] == []


def test_pages_of_a_hundred(trade: Any, simulator: SimulatorProcess) -> None:
    for first in range(0, 120, 20):
        trade.place_multiple_orders([limit_order(f"n{first + i}", sz="0.001") for i in range(20)])
    first_page = trade.get_order_list()["data"]
    assert [row["clOrdId"] for row in first_page] == [f"n{i}" for i in range(119, 19, -1)]
    rest = trade.get_order_list(after=first_page[-1]["ordId"])["data"]
    assert [row["clOrdId"] for row in rest] == [f"n{i}" for i in range(19, -1, -1)]
    newer = trade.get_order_list(before=first_page[1]["ordId"])["data"]
    assert [row["clOrdId"] for row in newer] == ["n119"]


def test_the_account(api: Callable[[Any], Any], account: dict[str, Any]) -> None:
    accounts = api(AccountAPI)
    config = single_row(accounts.get_account_config())
    assert (config["perm"], config["label"], config["posMode"]) == (
        "read_only,trade",
        "sdk",
        "net_mode",
    )
    details = {row["ccy"]: row for row in single_row(accounts.get_account_balance())["details"]}
    assert (details["BTC"]["availBal"], details["USDT"]["eq"]) == ("2", "200000")
    assert single_row(accounts.get_fee_rates("SPOT"))["taker"] == "-0.001"


def test_a_position_in_a_swap(
    api: Callable[[Any], Any], trade: Any, simulator: SimulatorProcess
) -> None:
    accounts = api(AccountAPI)
    assert single_row(accounts.set_leverage("5", "isolated", instId=SWAP))["lever"] == "5"
    assert single_row(accounts.get_leverage("isolated", instId=SWAP))["lever"] == "5"
    opening = limit_order("open", instId=SWAP, tdMode="isolated", ordType="market", sz="10", px="")
    assert single_row(trade.place_order(**opening))["sCode"] == "0"
    position = single_row(accounts.get_positions("SWAP"))
    assert (position["pos"], position["mgnMode"], position["lever"]) == ("10", "isolated", "5")
    closing = opening | {"side": "sell", "clOrdId": "close", "reduceOnly": "true"}
    assert single_row(trade.place_order(**closing))["sCode"] == "0"
    assert accounts.get_positions("SWAP")["data"] == []
    again = closing | {"clOrdId": "again"}
    assert trade.place_order(**again)["data"][0]["sCode"] == "51169"
    assert accounts.set_leverage("1000", "cross", instId=SWAP)["code"] == "59102"


def test_conditional_orders(trade: Any, simulator: SimulatorProcess) -> None:
    stop = {"instId": BTC, "tdMode": "cash", "side": "sell", "ordType": "conditional"}
    stop |= {"sz": "0.01", "slTriggerPx": "60000", "slOrdPx": "-1"}
    placed = single_row(trade.place_algo_order(**stop, algoClOrdId="stop"))
    assert placed["algoClOrdId"] == "stop"
    waits = single_row(trade.order_algos_list(ordType="conditional"))
    assert (waits["algoId"], waits["state"]) == (placed["algoId"], "live")
    assert trade.get_order_list()["data"] == []
    trailing = stop | {"ordType": "move_order_stop", "callbackRatio": "0.02"}
    other = single_row(trade.place_algo_order(**trailing, algoClOrdId="trail"))
    assert trade.cancel_algo_order([{"instId": BTC, "algoId": other["algoId"]}])["code"] == "0"
    simulator.control.post("price", symbol="BTCUSDT", price="60000")
    fired = single_row(trade.get_algo_order_details(algoClOrdId="stop"))
    assert fired["state"] == "effective"
    order = single_row(trade.get_order(BTC, ordId=fired["ordId"]))
    assert (order["state"], order["algoClOrdId"], order["clOrdId"]) == ("filled", "stop", "")
    ended = trade.order_algos_history("move_order_stop", state="canceled")
    assert single_row(ended)["algoClOrdId"] == "trail"


class FrameQueue:
    def __init__(self) -> None:
        self.frames: asyncio.Queue[Any] = asyncio.Queue()

    def __call__(self, text: str) -> None:
        self.frames.put_nowait(json.loads(text))

    async def wait_for(self, matches: Callable[[Any], bool]) -> Any:
        """Return the first matching frame, within ten seconds."""
        async with asyncio.timeout(10):
            while not matches(frame := await self.frames.get()):
                pass
        return frame

    async def wait_for_row(self, channel: str, **facts: str) -> Any:
        def matches(frame: Any) -> bool:
            has_rows = frame.get("arg", {}).get("channel") == channel and frame.get("data")
            return bool(has_rows) and facts.items() <= frame["data"][0].items()

        return (await self.wait_for(matches))["data"][0]


def compute_checksum(book: dict[str, Any]) -> int:
    """Return the checksum of the best 25 levels, bids and asks in turn."""
    pairs = zip(book["bids"][:25], book["asks"][:25], strict=True)
    text = ":".join(f"{bid[0]}:{bid[1]}:{ask[0]}:{ask[1]}" for bid, ask in pairs)
    return int.from_bytes(crc32(text.encode()).to_bytes(4), signed=True)


@asynccontextmanager
async def run_socket(socket: Any) -> AsyncIterator[Any]:
    await socket.connect()
    assert socket.websocket is not None
    task = asyncio.create_task(socket.consume())
    try:
        yield socket
    finally:
        await socket.factory.close()
        await asyncio.gather(task, return_exceptions=True)


async def test_the_private_socket_publishes_orders_and_places_one(
    account: dict[str, Any], simulator: SimulatorProcess
) -> None:
    """The SDK's login sends the time as a number, and waits five seconds afterwards."""
    frames = FrameQueue()
    names = (account["key"], account["passphrase"], account["secret"])
    socket = WsPrivateAsync(*names, SOCKETS + "private")
    async with run_socket(socket):
        channels = [{"channel": "orders", "instType": "ANY"}, {"channel": "account"}]
        channels += [{"channel": "positions", "instType": "SWAP"}]
        channels += [{"channel": "balance_and_position"}]
        await socket.subscribe(channels, callback=frames)
        for _ in channels:
            await frames.wait_for(lambda frame: frame.get("event") == "subscribe")
        await socket.place_order([limit_order("mine")], id="1")
        placed = await frames.wait_for(lambda frame: frame.get("op") == "order")
        assert (placed["id"], placed["code"], placed["data"][0]["clOrdId"]) == ("1", "0", "mine")
        await socket.place_order(
            [limit_order("swap", instId=SWAP, tdMode="cross", px="70000", sz="1")]
        )
        assert (await frames.wait_for_row("orders", clOrdId="swap", state="filled"))[
            "accFillSz"
        ] == "1"
        assert (await frames.wait_for_row("positions", instId=SWAP))["pos"] == "1"
        simulator.control.post("fill", clientOrderId="mine", quantity="0.01", symbol="BTCUSDT")
        filled = await frames.wait_for_row("orders", clOrdId="mine", state="filled")
        assert (filled["fillFee"], filled["fillFeeCcy"]) == ("-0.00001", "BTC")
        assert (await frames.wait_for_row("account"))["details"]


async def test_a_login_with_a_wrong_secret_is_an_error_frame_without_an_id(
    account: dict[str, Any],
) -> None:
    frames = FrameQueue()
    socket = WsPrivateAsync(account["key"], account["passphrase"], "guessed", SOCKETS + "private")
    socket.callback = frames
    async with run_socket(socket):
        await socket.login()
        refused = await frames.wait_for(lambda frame: frame.get("event") == "error")
        assert (refused["code"], "id" in refused) == ("60007", False)


@pytest.mark.usefixtures("account")
async def test_the_public_and_the_business_socket(simulator: SimulatorProcess) -> None:
    frames = FrameQueue()
    async with run_socket(WsPublicAsync(SOCKETS + "public")) as socket:
        channels = ("tickers", "trades", "books5", "books")
        await socket.subscribe([{"channel": name, "instId": BTC} for name in channels], frames)
        assert (await frames.wait_for_row("tickers"))["last"] == "64000"
        assert len((await frames.wait_for_row("books5"))["asks"]) == 5
        book = await frames.wait_for_row("books")
        assert book["checksum"] == compute_checksum(book)
        simulator.control.post("walk", step=1)
        assert (await frames.wait_for_row("trades"))["instId"] == BTC
    frames = FrameQueue()
    async with run_socket(WsPublicAsync(SOCKETS + "business")) as socket:
        await socket.subscribe([{"channel": "candle1m", "instId": BTC}], frames)
        frame = await frames.wait_for(lambda frame: "data" in frame)
        assert frame["arg"] == {"channel": "candle1m", "instId": BTC}
        assert len(frame["data"][0]) == 9
