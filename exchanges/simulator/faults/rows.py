"""Where each venue's JSON holds orders and fills, and under which names. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from exchanges.simulator.faults.faults import Match, normalize_symbol

Json = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class RowShape:
    """The names that an order or a fill goes by; empty where the row does not have it."""

    marks: frozenset[str]
    order: str = ""
    client: tuple[str, ...] = ()
    symbol: str = ""
    status: str = ""
    filled_word: str = ""
    filled: str = ""
    worth: tuple[str, ...] = ()
    trade: str = ""
    no_trade: tuple[Any, ...] = ()  # what stands for a trade id where nothing was filled
    fee: str = ""
    fee_asset: str = ""

    @property
    def is_order(self) -> bool:
        return bool(self.status)


SHAPES: Final[dict[str, tuple[RowShape, ...]]] = {
    "binance": (
        RowShape(
            marks=frozenset({"orderId", "status", "origQty"}),
            order="orderId",
            client=("clientOrderId", "origClientOrderId"),
            symbol="symbol",
            status="status",
            filled_word="FILLED",
            filled="executedQty",
            worth=("cummulativeQuoteQty", "cumQuote", "cumQty", "avgPrice"),
        ),
        RowShape(
            marks=frozenset({"algoId", "algoStatus"}),
            order="algoId",
            client=("clientAlgoId",),
            symbol="symbol",
            status="algoStatus",
            filled_word="FINISHED",
        ),
        RowShape(
            marks=frozenset({"orderId", "id", "qty", "commission"}),
            order="orderId",
            symbol="symbol",
            trade="id",
            fee="commission",
            fee_asset="commissionAsset",
        ),
        RowShape(
            marks=frozenset({"tradeId", "qty", "commission"}),
            trade="tradeId",
            fee="commission",
            fee_asset="commissionAsset",
        ),
        RowShape(
            marks=frozenset({"i", "c", "x", "X", "z"}),
            order="i",
            client=("c", "C"),
            symbol="s",
            status="X",
            filled_word="FILLED",
            filled="z",
            worth=("Z", "ap"),
            trade="t",
            no_trade=(-1, 0),
            fee="n",
            fee_asset="N",
        ),
        RowShape(
            marks=frozenset({"caid", "aid", "X"}),
            order="aid",
            client=("caid",),
            symbol="s",
            status="X",
            filled_word="FINISHED",
        ),
    ),
    "okx": (
        RowShape(
            marks=frozenset({"ordId", "state", "accFillSz"}),
            order="ordId",
            client=("clOrdId",),
            symbol="instId",
            status="state",
            filled_word="filled",
            filled="accFillSz",
            worth=("avgPx", "fillPx", "fillSz"),
            trade="tradeId",
            no_trade=("",),
            fee="fillFee",
            fee_asset="fillFeeCcy",
        ),
        RowShape(
            marks=frozenset({"algoId", "state", "algoClOrdId"}),
            order="algoId",
            client=("algoClOrdId",),
            symbol="instId",
            status="state",
            filled_word="effective",
        ),
        RowShape(
            marks=frozenset({"ordId", "tradeId", "fillSz"}),
            order="ordId",
            client=("clOrdId",),
            symbol="instId",
            trade="tradeId",
            fee="fee",
            fee_asset="feeCcy",
        ),
    ),
    "bybit": (
        RowShape(
            marks=frozenset({"orderId", "orderStatus"}),
            order="orderId",
            client=("orderLinkId",),
            symbol="symbol",
            status="orderStatus",
            filled_word="Filled",
            filled="cumExecQty",
            worth=("cumExecValue", "avgPrice"),
        ),
        RowShape(
            marks=frozenset({"orderId", "execId", "execQty"}),
            order="orderId",
            client=("orderLinkId",),
            symbol="symbol",
            trade="execId",
            fee="execFee",
            fee_asset="feeCurrency",
        ),
    ),
}


@dataclass(frozen=True)
class Row:
    """One order or fill, and the list that holds it, if any."""

    content: Json
    shape: RowShape
    holder: list[Any] | None

    def matches(self, match: Match) -> bool:
        shape = self.shape
        symbol = str(self.content.get(shape.symbol, "")) if shape.symbol else match.symbol
        names = {str(self.content.get(name)) for name in (shape.order, *shape.client) if name}
        return (
            not match.symbol or normalize_symbol(match.symbol) == normalize_symbol(symbol)
        ) and (not match.order or match.order in names)


def find_rows(venue: str, content: Any, holder: list[Any] | None = None) -> Iterator[Row]:
    """Every order and fill within an answer or a frame, however deep."""
    if isinstance(content, list):
        for part in tuple(content):
            yield from find_rows(venue, part, content)
    if not isinstance(content, dict):
        return
    for shape in SHAPES[venue]:
        if shape.marks <= content.keys():
            yield Row(content, shape, holder)
            break
    for part in tuple(content.values()):
        if isinstance(part, dict | list):
            yield from find_rows(venue, part)
