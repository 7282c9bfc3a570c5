"""Rows: where each venue's JSON has orders and fills, and their field names. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from exchanges.simulator.faults.faults import Match, normalize_symbol

Json = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class RowShape:
    """The field names of one kind of row; empty where the row has no such field."""

    keys: frozenset[str]
    order: str = ""
    client: tuple[str, ...] = ()
    symbol: str = ""
    status: str = ""
    filled_status: str = ""
    filled: str = ""
    value_fields: tuple[str, ...] = ()
    trade: str = ""
    no_trade: tuple[Any, ...] = ()  # values instead of a trade id where nothing was filled
    fee: str = ""
    fee_asset: str = ""

    @property
    def is_order(self) -> bool:
        return bool(self.status)


SHAPES: Final[dict[str, tuple[RowShape, ...]]] = {
    "binance": (
        RowShape(
            keys=frozenset({"orderId", "status", "origQty"}),
            order="orderId",
            client=("clientOrderId", "origClientOrderId"),
            symbol="symbol",
            status="status",
            filled_status="FILLED",
            filled="executedQty",
            value_fields=("cummulativeQuoteQty", "cumQuote", "cumQty", "avgPrice"),
        ),
        RowShape(
            keys=frozenset({"algoId", "algoStatus"}),
            order="algoId",
            client=("clientAlgoId",),
            symbol="symbol",
            status="algoStatus",
            filled_status="FINISHED",
        ),
        RowShape(
            keys=frozenset({"orderId", "id", "qty", "commission"}),
            order="orderId",
            symbol="symbol",
            trade="id",
            fee="commission",
            fee_asset="commissionAsset",
        ),
        RowShape(
            keys=frozenset({"tradeId", "qty", "commission"}),
            trade="tradeId",
            fee="commission",
            fee_asset="commissionAsset",
        ),
        RowShape(
            keys=frozenset({"i", "c", "x", "X", "z"}),
            order="i",
            client=("c", "C"),
            symbol="s",
            status="X",
            filled_status="FILLED",
            filled="z",
            value_fields=("Z", "ap"),
            trade="t",
            no_trade=(-1, 0),
            fee="n",
            fee_asset="N",
        ),
        RowShape(
            keys=frozenset({"caid", "aid", "X"}),
            order="aid",
            client=("caid",),
            symbol="s",
            status="X",
            filled_status="FINISHED",
        ),
    ),
    "okx": (
        RowShape(
            keys=frozenset({"ordId", "state", "accFillSz"}),
            order="ordId",
            client=("clOrdId",),
            symbol="instId",
            status="state",
            filled_status="filled",
            filled="accFillSz",
            value_fields=("avgPx", "fillPx", "fillSz"),
            trade="tradeId",
            no_trade=("",),
            fee="fillFee",
            fee_asset="fillFeeCcy",
        ),
        RowShape(
            keys=frozenset({"algoId", "state", "algoClOrdId"}),
            order="algoId",
            client=("algoClOrdId",),
            symbol="instId",
            status="state",
            filled_status="effective",
        ),
        RowShape(
            keys=frozenset({"ordId", "tradeId", "fillSz"}),
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
            keys=frozenset({"orderId", "orderStatus"}),
            order="orderId",
            client=("orderLinkId",),
            symbol="symbol",
            status="orderStatus",
            filled_status="Filled",
            filled="cumExecQty",
            value_fields=("cumExecValue", "avgPrice"),
        ),
        RowShape(
            keys=frozenset({"orderId", "execId", "execQty"}),
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
    """An order or fill within an answer or event, and the list that contains it, if any."""

    content: Json
    shape: RowShape
    parent: list[Any] | None

    def matches(self, match: Match) -> bool:
        shape = self.shape
        symbol = str(self.content.get(shape.symbol, "")) if shape.symbol else match.symbol
        names = {str(self.content.get(name)) for name in (shape.order, *shape.client) if name}
        is_symbol = not match.symbol or normalize_symbol(match.symbol) == normalize_symbol(symbol)
        return is_symbol and (not match.order or match.order in names)


def find_rows(venue: str, content: Any, parent: list[Any] | None = None) -> Iterator[Row]:
    """Yield every order and fill within an answer or event, at any depth."""
    if isinstance(content, list):
        for item in tuple(content):
            yield from find_rows(venue, item, content)
    if not isinstance(content, dict):
        return
    for shape in SHAPES[venue]:
        if shape.keys <= content.keys():
            yield Row(content, shape, parent)
            break
    for value in tuple(content.values()):
        if isinstance(value, dict | list):
            yield from find_rows(venue, value)
