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
    order: str = "orderId"
    client: tuple[str, ...] = ()
    symbol: str = "symbol"
    status: tuple[str, str] = ("", "")  # its field, and its value once all is filled
    filled: str = ""
    value_fields: tuple[str, ...] = ()
    trade: str = ""
    no_trade: tuple[Any, ...] = ()  # values instead of a trade id where nothing was filled
    fee: tuple[str, str] = ("", "")  # amount and asset

    @property
    def is_order(self) -> bool:
        return any(self.status)


SHAPES: Final[dict[str, tuple[RowShape, ...]]] = {
    "binance": (
        RowShape(
            keys=frozenset({"orderId", "status", "origQty"}),
            client=("clientOrderId", "origClientOrderId"),
            status=("status", "FILLED"),
            filled="executedQty",
            value_fields=("cummulativeQuoteQty", "cumQuote", "cumQty", "avgPrice"),
        ),
        RowShape(
            keys=frozenset({"algoId", "algoStatus"}),
            order="algoId",
            client=("clientAlgoId",),
            status=("algoStatus", "FINISHED"),
        ),
        RowShape(
            keys=frozenset({"orderId", "id", "qty", "commission"}),
            trade="id",
            fee=("commission", "commissionAsset"),
        ),
        RowShape(
            keys=frozenset({"tradeId", "qty", "commission"}),
            order="",
            symbol="",
            trade="tradeId",
            fee=("commission", "commissionAsset"),
        ),
        RowShape(
            keys=frozenset({"i", "c", "x", "X", "z"}),
            order="i",
            client=("c", "C"),
            symbol="s",
            status=("X", "FILLED"),
            filled="z",
            value_fields=("Z", "ap"),
            trade="t",
            no_trade=(-1, 0),
            fee=("n", "N"),
        ),
        RowShape(
            keys=frozenset({"caid", "aid", "X"}),
            order="aid",
            client=("caid",),
            symbol="s",
            status=("X", "FINISHED"),
        ),
    ),
    "okx": (
        RowShape(
            keys=frozenset({"ordId", "state", "accFillSz"}),
            order="ordId",
            client=("clOrdId",),
            symbol="instId",
            status=("state", "filled"),
            filled="accFillSz",
            value_fields=("avgPx", "fillPx", "fillSz"),
            trade="tradeId",
            no_trade=("",),
            fee=("fillFee", "fillFeeCcy"),
        ),
        RowShape(
            keys=frozenset({"algoId", "state", "algoClOrdId"}),
            order="algoId",
            client=("algoClOrdId",),
            symbol="instId",
            status=("state", "effective"),
        ),
        RowShape(
            keys=frozenset({"ordId", "tradeId", "fillSz"}),
            order="ordId",
            client=("clOrdId",),
            symbol="instId",
            trade="tradeId",
            fee=("fee", "feeCcy"),
        ),
    ),
    "bybit": (
        RowShape(
            keys=frozenset({"orderId", "orderStatus"}),
            client=("orderLinkId",),
            status=("orderStatus", "Filled"),
            filled="cumExecQty",
            value_fields=("cumExecValue", "avgPrice"),
        ),
        RowShape(
            keys=frozenset({"orderId", "execId", "execQty"}),
            client=("orderLinkId",),
            trade="execId",
            fee=("execFee", "feeCurrency"),
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
