"""The endpoint that cancels an order and places another in its stead."""

from dataclasses import dataclass
from typing import Final

from exchanges.simulator.binance.errors import CANCEL_REJECTED, BinanceError
from exchanges.simulator.binance.gateway import Call
from exchanges.simulator.binance.market import find_market
from exchanges.simulator.binance.market_rows import Json
from exchanges.simulator.binance.params import read_choice, read_client_id, read_integer
from exchanges.simulator.binance.spot import rows, trade
from exchanges.simulator.markets.filters import check_filters
from exchanges.simulator.orders.orders import Order
from exchanges.simulator.refusals import translate_refusals

RESTRICTED: Final = (-2011, "Order was not canceled due to cancel restrictions.", 400)
NEEDS_ID: Final = (
    -1102,
    "Param 'cancelOrigClientOrderId' or 'cancelOrderId' must be sent, but both were empty/null!",
)
STATUS_OF_RESTRICTION: Final = {"ONLY_NEW": "NEW", "ONLY_PARTIALLY_FILLED": "PARTIALLY_FILLED"}


@dataclass(frozen=True)
class Step:
    """The result of one half of a cancel-replace: of the cancel, or of the new order."""

    result: str
    response: Json | None


class ReplacementFailed(BinanceError):
    """A cancel-replace failed, wholly or in part; its body describes both steps."""

    def __init__(self, cancelled: Step, placed: Step) -> None:
        if "SUCCESS" in (cancelled.result, placed.result):
            super().__init__(-2021, "Order cancel-replace partially failed.", 409)
        else:
            super().__init__(-2022, "Order cancel-replace failed.", 400)
        self.data = _build_answer(cancelled, placed)

    def to_json(self) -> Json:
        return {**super().to_json(), "data": self.data}


def replace_order(call: Call) -> object:
    """Cancel an order, then place another; the limits of the new one are looked at before."""
    mode = read_choice(
        call.params, "cancelReplaceMode", ("STOP_ON_FAILURE", "ALLOW_FAILURE"), -1102
    )
    new_order, market = trade.read_new_order(call), find_market(call)
    with translate_refusals(trade.build_refusal):
        check_filters(market.symbol, market.price, new_order)
    cancelled = _try_cancel(call)
    if cancelled.result == "FAILURE" and mode == "STOP_ON_FAILURE":
        raise ReplacementFailed(cancelled, Step("NOT_ATTEMPTED", None))
    placed = _try_place(call)
    if "FAILURE" in (cancelled.result, placed.result):
        raise ReplacementFailed(cancelled, placed)
    return _build_answer(cancelled, placed)


def _try_cancel(call: Call) -> Step:
    try:
        order = _find_order(call)
        cancel_id = read_client_id(call.params, "cancelNewClientOrderId")
        call.venue.cancel_order(order, cancel_id)
    except BinanceError as refusal:
        return Step("FAILURE", refusal.to_json())
    return Step("SUCCESS", rows.cancelled_order_row(order, cancel_id))


def _find_order(call: Call) -> Order:
    records, symbol = call.engine.records, find_market(call).symbol.name
    order_id = read_integer(call.params, "cancelOrderId")
    client_id = call.params.get("cancelOrigClientOrderId", "")
    if order_id is None and not client_id:
        raise BinanceError(*NEEDS_ID)
    order = (
        records.by_client_id(call.account.key, symbol, client_id)
        if order_id is None
        else records.by_id(call.account.key, symbol, order_id)
    )
    if order is None or not order.is_open or (client_id and order.client_id != client_id):
        raise BinanceError(*CANCEL_REJECTED)
    restriction = call.params.get("cancelRestrictions", "")
    if restriction and STATUS_OF_RESTRICTION.get(restriction) != order.status:
        raise BinanceError(*RESTRICTED)
    return order


def _try_place(call: Call) -> Step:
    try:
        return Step("SUCCESS", trade.place_new_order(call))
    except BinanceError as refusal:
        return Step("FAILURE", refusal.to_json())


def _build_answer(cancelled: Step, placed: Step) -> Json:
    return {
        "cancelResult": cancelled.result,
        "newOrderResult": placed.result,
        "cancelResponse": cancelled.response,
        "newOrderResponse": placed.response,
    }
