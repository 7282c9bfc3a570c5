"""One row that cannot be read costs no other, and is never guessed, at any venue."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import ccxt.pro
import pytest

from exchanges.base import Adapter, OrderName, StreamUpdate, VenueDown
from exchanges.binance.futures import BinanceUsdm
from exchanges.binance.spot import BinanceSpot
from exchanges.bybit.adapter import BybitLinear, BybitSpot
from exchanges.okx.adapter import OkxSpot, OkxSwap
from exchanges.through_ccxt.rows import PartialList
from exchanges.through_ccxt.values import parse_side
from tests.exchanges.binance.test_futures_numbers import ORDER as USDM_ORDER
from tests.exchanges.binance.test_futures_numbers import TRADE as USDM_TRADE
from tests.exchanges.binance.test_futures_numbers import UPDATE as USDM_UPDATE
from tests.exchanges.binance.test_spot_numbers import FRAME as SPOT_FRAME
from tests.exchanges.binance.test_spot_numbers import ORDER as SPOT_ORDER
from tests.exchanges.binance.test_spot_numbers import TRADE as SPOT_TRADE
from tests.exchanges.bybit.test_rows import EXECUTION as BYBIT_FILL
from tests.exchanges.bybit.test_rows import ORDER as BYBIT_ORDER
from tests.exchanges.okx.test_numbers import SPOT as OKX_SPOT
from tests.exchanges.okx.test_numbers import SWAP as OKX_SWAP
from tests.exchanges.okx.test_numbers import TAKEN as OKX_ORDER

NOW = datetime(2026, 11, 21, tzinfo=UTC)
USDM_FRAME = {"e": "ORDER_TRADE_UPDATE", "T": 1, "o": USDM_UPDATE}
OKX_TRADE = OKX_ORDER | {"ts": "1708587373361"}


class Case:
    """A venue's adapter with one market, and how its rows and frames are named."""

    def __init__(
        self,
        adapter: Any,
        exchange: Any,
        symbol: str,
        order: dict[str, Any],
        fill: dict[str, Any],
        market: dict[str, Any],
        lists: Callable[[list[Any]], Any],
        frame: Callable[[dict[str, Any]], Any],
        streamed: dict[str, Any],
        quantity: str,
        streamed_quantity: str,
    ) -> None:
        self.symbol, self.order, self.fill, self.frame = symbol, order, fill, frame
        self.lists, self.streamed = lists, streamed
        self.quantity, self.streamed_quantity = quantity, streamed_quantity
        client = exchange()
        client.set_markets([client.safe_market_structure(market)])
        self.adapter: Any = adapter(client, clock=lambda: NOW)

    def answers(self, rows: list[dict[str, Any]]) -> Adapter:
        """Have every query answered with these rows."""

        async def answer(_: Any) -> Any:
            return self.lists(rows)

        for name in (
            *("private_get_openorders", "private_get_mytrades", "private_get_trade_orders_pending"),
            *(
                "fapiprivate_get_openorders",
                "fapiprivate_get_usertrades",
                "private_get_trade_fills",
            ),
            *("private_get_v5_order_realtime", "private_get_v5_execution_list"),
        ):
            setattr(self.adapter.client, name, answer)
        venue: Adapter = self.adapter
        return venue

    def hear(self, *rows: dict[str, Any]) -> list[StreamUpdate]:
        heard: list[StreamUpdate] = []
        for row in rows:
            frame = self.frame(row)
            if isinstance(self.adapter, BinanceSpot):
                assert self.adapter._check_frame(frame, heard.append) is None
            elif isinstance(self.adapter, BinanceUsdm):
                assert self.adapter._check_frame(heard.append, frame) is None
            elif isinstance(self.adapter, OkxSpot | OkxSwap):
                heard.append(self.adapter._read_frame(frame))
            else:
                heard.append(self.adapter._read_frame("order", frame))
        return heard


def market(name: str, symbol: str, **more: Any) -> dict[str, Any]:
    base, _, quote = symbol.partition(":")[0].partition("/")
    kind = {"contract": True, "swap": True, "linear": True} if ":" in symbol else {"spot": True}
    named = {"id": name, "symbol": symbol, "base": base, "quote": quote}
    settle = {"settle": quote} if ":" in symbol else {}
    return {**named, **kind, **settle, "type": "swap" if ":" in symbol else "spot", **more}


def okx_frame(row: dict[str, Any]) -> Any:
    return {"arg": {"channel": "orders"}, "data": [row]}


def bybit_case(adapter: Any, category: str, symbol: str, **more: Any) -> Case:
    return Case(
        adapter,
        ccxt.pro.bybit,
        symbol,
        BYBIT_ORDER,
        BYBIT_FILL,
        market("PEPEUSDT", symbol, active=True, **more),
        lambda rows: {"result": {"list": rows}},
        lambda row: [row | {"category": category}],
        BYBIT_ORDER,
        "qty",
        "qty",
    )


CASES: dict[str, Callable[[], Case]] = {
    "binance spot": lambda: Case(
        BinanceSpot,
        ccxt.pro.binance,
        "PEPE/BTC",
        SPOT_ORDER,
        SPOT_TRADE,
        market("PEPEBTC", "PEPE/BTC"),
        lambda rows: rows,
        lambda row: {"event": row},
        SPOT_FRAME,
        "origQty",
        "q",
    ),
    "binance futures": lambda: Case(
        BinanceUsdm,
        ccxt.pro.binanceusdm,
        "1000PEPE/USDT:USDT",
        USDM_ORDER,
        USDM_TRADE,
        market("1000PEPEUSDT", "1000PEPE/USDT:USDT"),
        lambda rows: rows,
        lambda row: USDM_FRAME | {"o": row},
        USDM_UPDATE,
        "origQty",
        "q",
    ),
    "okx spot": lambda: Case(
        OkxSpot,
        ccxt.pro.okx,
        "BTC/USDT",
        OKX_ORDER,
        OKX_TRADE,
        {**OKX_SPOT, **market("BTC-USDT", "BTC/USDT")},
        lambda rows: {"data": rows},
        okx_frame,
        OKX_ORDER,
        "sz",
        "sz",
    ),
    "okx futures": lambda: Case(
        OkxSwap,
        ccxt.pro.okx,
        "BTC/USDT:USDT",
        OKX_ORDER | {"instId": "BTC-USDT-SWAP"},
        OKX_TRADE | {"instId": "BTC-USDT-SWAP"},
        {**OKX_SWAP, **market("BTC-USDT-SWAP", "BTC/USDT:USDT")},
        lambda rows: {"data": rows},
        okx_frame,
        OKX_ORDER | {"instId": "BTC-USDT-SWAP"},
        "sz",
        "sz",
    ),
    "bybit spot": lambda: bybit_case(BybitSpot, "spot", "PEPE/USDT"),
    "bybit futures": lambda: bybit_case(BybitLinear, "linear", "PEPE/USDT:USDT"),
}


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest) -> Case:
    return CASES[request.param]()


def name(case: Case) -> OrderName:
    return OrderName(symbol=case.symbol, client_order_id="fw-1", exchange_order_id="9")


@pytest.mark.parametrize("bad", ["--", "NaN", "side", "gone"])
async def test_one_bad_row_of_a_list_costs_no_other(case: Case, bad: str) -> None:
    broken = case.order | {case.quantity: bad}
    if bad == "side":
        broken = case.order | {"side": "BOTH"}
    if bad == "gone":
        broken = {name: value for name, value in case.order.items() if name != "side"}
    listed = await case.answers([broken, case.order, broken]).fetch_open_orders(case.symbol)
    assert [report.symbol for report in listed] == [case.symbol]
    assert isinstance(listed, PartialList)


async def test_one_bad_fill_costs_no_other_and_none_of_nothing_is_kept(case: Case) -> None:
    size = next(name for name in ("qty", "fillSz", "execQty") if name in case.fill)
    price = next(name for name in ("price", "fillPx", "execPrice") if name in case.fill)
    rows = [case.fill | change for change in ({size: "--"}, {price: ""}, {size: "0"}, {})]
    fills = await case.answers(rows).fetch_fills(name(case))
    assert len(fills) == 1
    assert fills[0].quantity > 0 < fills[0].price


def test_a_bad_streamed_row_asks_for_orders_and_costs_no_other(case: Case) -> None:
    broken = case.streamed | {case.streamed_quantity: "--"}
    strange = case.streamed | {("S" if "S" in case.streamed else "side"): "NEITHER"}
    first, second, third = case.hear(broken, strange, case.streamed)
    assert (first.orders, second.orders) == ((), ())
    assert first.needs_orders is second.needs_orders is True
    assert (len(third.orders), third.needs_orders) == (1, False)


async def test_the_one_order_asked_for_is_not_read_as_something_else(case: Case) -> None:
    rows = [case.order | {"side": "NEITHER"}]
    for endpoint in (
        *("private_get_order", "fapiprivate_get_order", "private_get_trade_order"),
        "private_get_v5_order_realtime",
    ):
        wrapped = case.lists(rows)

        async def answer(_: Any, wrapped: Any = wrapped) -> Any:
            return wrapped[0] if isinstance(wrapped, list) else wrapped

        setattr(case.adapter.client, endpoint, answer)
    with pytest.raises(VenueDown, match="makes no sense"):
        await case.adapter.fetch_order(name(case))


def test_a_trade_of_nothing_at_binance_is_a_report_without_a_fill() -> None:
    for binance in (CASES["binance spot"](), CASES["binance futures"]()):
        frame = binance.streamed | {"x": "TRADE", "l": "0", "L": "0", "X": "EXPIRED"}
        (update,) = binance.hear(frame)
        assert [(report.status, report.fills) for report in update.orders] == [("expired", ())]


@pytest.mark.parametrize("venue", ["okx spot", "okx futures"])
def test_a_size_that_okx_keeps_without_its_price_is_no_fill(venue: str) -> None:
    okx = CASES[venue]()
    (update,) = okx.hear(okx.streamed | {"fillSz": "0.02", "fillPx": "", "state": "canceled"})
    assert [(report.status, report.fills) for report in update.orders] == [("canceled", ())]
    assert not update.needs_orders


@pytest.mark.parametrize("side", ["", None, "BOTH", "Long", 1])
def test_an_unknown_side_is_no_side(side: Any) -> None:
    with pytest.raises(ValueError, match="side"):
        parse_side(side)


@pytest.mark.parametrize("venue", ["bybit spot", "bybit futures"])
def test_a_fill_of_nothing_at_bybit_reports_no_fill(venue: str) -> None:
    bybit = CASES[venue]()
    kind = "spot" if "spot" in venue else "linear"
    frames = [BYBIT_FILL | {"category": kind, "execQty": size} for size in ("0", "--", "2")]
    update = bybit.adapter._read_frame("execution", frames)
    assert [fill.quantity for report in update.orders for fill in report.fills] == [Decimal(2)]
    assert update.needs_orders
