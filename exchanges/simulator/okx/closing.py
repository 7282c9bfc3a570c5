"""Endpoints that close a whole position, and that cancel all orders after a countdown."""

from functools import partial

from exchanges.simulator.okx.errors import OkxError, OrderRefused, invalid_parameter
from exchanges.simulator.okx.gateway import Call
from exchanges.simulator.okx.params import read_client_id, read_integer, read_text
from exchanges.simulator.okx.positions import MARGIN_MODES
from exchanges.simulator.okx.rows import position_side
from exchanges.simulator.okx.symbols import find_instrument
from exchanges.simulator.okx.trade import build_refusal
from exchanges.simulator.orders.orders import NewOrder, Order
from exchanges.simulator.refusals import translate_refusals
from exchanges.simulator.transport.params import read_flag, wire_client_id

NO_POSITION = (51023, "Position doesn't exist.")
ORDERS_PENDING = (51115, "Cancel all pending close-orders before liquidation.")
SHORTEST, LONGEST = 10, 120  # seconds


def close_position(call: Call) -> object:
    """Close a position by a market order; with `autoCxl` its closing orders are cancelled first."""
    instrument = find_instrument(call.engine, read_text(call.params, "instId"))
    mode = read_text(call.params, "mgnMode")
    if instrument.kind != "SWAP" or mode not in MARGIN_MODES:
        raise invalid_parameter("instId" if mode in MARGIN_MODES else "mgnMode")
    side = read_text(call.params, "posSide", None if call.account.hedged else "net")
    held = call.account.list_positions(instrument.symbol)
    position = next((p for p in held if p.quantity and position_side(p.side) == side), None)
    if position is None or position.isolated != (mode == "isolated"):
        raise OkxError(*NO_POSITION)
    order = NewOrder(
        account=call.account.key,
        symbol=instrument.symbol,
        side="SELL" if position.quantity > 0 else "BUY",
        type="MARKET",
        client_id=read_client_id(call.params, "clOrdId"),
        quantity=abs(position.quantity),
        reduce_only=not call.account.hedged,
        position_side=position.side,
    )
    _clear_closing_orders(call, order)
    try:
        with translate_refusals(partial(build_refusal, instrument, order)):
            call.venue.place_order(order)
    except OrderRefused as refusal:
        raise OkxError(refusal.code, refusal.message) from refusal
    ids = {"clOrdId": wire_client_id(order.client_id), "tag": ""}
    return [{"instId": instrument.name, "posSide": side, **ids}]


def _clear_closing_orders(call: Call, closing: NewOrder) -> None:
    pending: list[Order] = [
        order
        for order in call.engine.records.list_open_orders(call.account.key, closing.symbol)
        if (order.side, order.position_side) == (closing.side, closing.position_side)
        and order.reduces
    ]
    if pending and not read_flag(call.params, "autoCxl"):
        raise OkxError(*ORDERS_PENDING)
    for order in pending:
        call.venue.cancel_order(order)


def cancel_all_after(call: Call) -> object:
    """Cancel all orders when the time has passed, unless it is set anew; 0 calls it off.

    With a tag these are the orders of that tag, and each tag has a countdown of its own.
    """
    seconds = read_integer(call.params, "timeOut")
    if seconds is None or not (seconds == 0 or SHORTEST <= seconds <= LONGEST):
        raise invalid_parameter("timeOut")
    key, tag, venue = call.account.key, read_text(call.params, "tag", ""), call.venue
    name = f"okx {key} {tag}"

    def cancel_orders() -> None:
        for order in venue.engine.records.list_open_orders(key):
            if tag in ("", order.tag):
                venue.cancel_order(order)

    call.simulation.countdowns.stop(name)
    if seconds:
        call.simulation.countdowns.start(name, seconds * 1000, cancel_orders)
    due = str(call.now + seconds * 1000) if seconds else "0"
    return [{"triggerTime": due, "tag": tag, "ts": str(call.now)}]
