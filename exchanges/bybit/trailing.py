"""Bybit's trailing stop: it belongs to a whole position, and its order has no name of ours."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from exchanges.base import (
    OrderName,
    OrderReport,
    OrderRequest,
    RequestRefused,
    UnknownOutcome,
    VenueError,
)
from exchanges.bybit import rows
from exchanges.bybit.requests import BybitRequests
from exchanges.through_ccxt import position_mode
from exchanges.through_ccxt.errors import before_sending
from exchanges.through_ccxt.values import Row

KIND: Final = "TrailingStop"
HAS_ONE: Final = "this position has a trailing stop already: cancel that first"
NO_POSITION: Final = "a trailing stop of Bybit belongs to a position, and there is none to close"
ONLY_WHOLE: Final = "a trailing stop of Bybit is for the whole position, which is {size}"
ONLY_CLOSING: Final = "a trailing stop of Bybit only closes a position: make it reduce-only"
NOT_SHOWN: Final = "the trailing stop was accepted and is not shown yet"


class TrailingStops(BybitRequests):
    """Place a trailing stop by setting it on the position that it closes.

    It has no name of ours, so after a lost answer it cannot be looked up: it is then shown as an
    order from outside, once the venue lists it.
    """

    async def place_trailing_stop(self, request: OrderRequest, *, wrong_side: str) -> OrderReport:
        scope = {"category": self.category, "symbol": await self._market_id(request.symbol)}
        with before_sending("the position is not known"):
            position = await self._find_position(scope, request)
            if await self._list_trailing_stops(scope, position):
                raise RequestRefused(HAS_ONE)
        params = scope | self._build_params(request, position)
        with position_mode.name_mismatch(wrong_side):
            await self._send_command(self.client.private_post_v5_position_trading_stop, params)
        try:
            placed = await self._list_trailing_stops(scope, position)
        except VenueError as error:
            raise UnknownOutcome(f"{NOT_SHOWN}: {error}") from None
        if not placed:
            raise UnknownOutcome(NOT_SHOWN)
        report = rows.order_report(placed[0], self._to_symbol)
        return replace(report, client_order_id=request.client_order_id)

    async def _order_params(self, order: OrderName) -> dict[str, Any]:
        """Name an order by the venue's id first: a trailing stop has no name of ours."""
        if not order.exchange_order_id:
            return await super()._order_params(order)
        scope = {"category": self.category, "symbol": await self._market_id(order.symbol)}
        return scope | {"orderId": order.exchange_order_id}

    async def _find_position(self, scope: dict[str, Any], request: OrderRequest) -> Row:
        """Return the position that the order closes as a whole, or refuse the order."""
        if not request.reduce_only:
            raise RequestRefused(ONLY_CLOSING)
        held = {"sell": "Buy", "buy": "Sell"}[request.side]
        index = rows.POSITION_INDEXES.get(request.position_side, 0)
        answer = await self._send_query(self.client.private_get_v5_position_list, scope)
        for info in answer["list"]:
            if info.get("side") == held and int(info.get("positionIdx") or 0) == index:
                if Decimal(info["size"]) != request.quantity:
                    raise RequestRefused(ONLY_WHOLE.format(size=info["size"]))
                return dict(info)
        raise RequestRefused(NO_POSITION)

    async def _list_trailing_stops(self, scope: dict[str, Any], position: Row) -> Sequence[Row]:
        params = scope | {"orderFilter": "StopOrder"}
        answer = await self._send_query(self.client.private_get_v5_order_realtime, params)
        index = str(position.get("positionIdx") or 0)
        return [
            info
            for info in answer["list"]
            if info.get("stopOrderType") == KIND and str(info.get("positionIdx") or 0) == index
        ]

    def _build_params(self, request: OrderRequest, position: Row) -> dict[str, Any]:
        """Build the request; the venue counts the distance in money, of the price it begins at."""
        begins = request.trigger_price
        step = Decimal(self.client.market(request.symbol)["precision"]["price"])
        share = (request.trailing_percent or Decimal(0)) / 100
        steps = ((begins or Decimal(position["markPrice"])) * share / step).quantize(
            Decimal(1), ROUND_HALF_UP
        )
        return {
            "tpslMode": "Full",
            "positionIdx": int(position.get("positionIdx") or 0),
            "trailingStop": f"{max(steps, Decimal(1)) * step:f}",
        } | ({} if begins is None else {"activePrice": f"{begins:f}"})
