"""Endpoints of conditional orders, which have ids of their own until the trigger fires."""

from decimal import Decimal
from functools import partial

from exchanges.simulator.decimals import ZERO
from exchanges.simulator.okx import errors, lookup, params, rows, trade, unsupported
from exchanges.simulator.okx.errors import OkxError
from exchanges.simulator.okx.gateway import BatchResult, Call
from exchanges.simulator.okx.rows import Json
from exchanges.simulator.okx.symbols import Instrument
from exchanges.simulator.orders import triggers
from exchanges.simulator.orders.conditional_orders import WaitingOrder
from exchanges.simulator.orders.orders import NewOrder
from exchanges.simulator.refusals import translate_refusals
from exchanges.simulator.transport.params import Params, wire_client_id

ID_FIELDS = ("algoId", "algoClOrdId", "clOrdId", "tag")
MARKET_PRICE = "-1"
# Spot too: some clients send conditional spot orders as margin.
TRADE_MODES = ("cash", "cross", "isolated")
NEW_TRIGGERS = ("newSlTriggerPx", "newTpTriggerPx", "newTriggerPx")
NEW_PRICES = ("newSlOrdPx", "newTpOrdPx", "newOrdPx")
ENDED_STATES = ("effective", "canceled", "order_failed")


def cancel_orders(call: Call) -> BatchResult:
    return trade.run_requests(call, call.orders, _cancel_request, ID_FIELDS)


def get_order(call: Call) -> object:
    order = _find_order(call, call.params)
    if order is None:
        raise OkxError(*errors.ORDER_NOT_FOUND)
    return [rows.algo_row(call.engine, order)]


def get_open_orders(call: Call) -> object:
    return _order_page(call, [order for order in _list_matching_orders(call) if order.is_open])


def get_order_history(call: Call) -> object:
    state = params.read_text(call.params, "state", "")
    if not state and not call.params.get("algoId"):
        raise errors.missing_parameter("state")
    ended = [
        order for order in _list_matching_orders(call) if rows.algo_state(order) in ENDED_STATES
    ]
    return _order_page(call, [order for order in ended if state in ("", rows.algo_state(order))])


def _place_request(call: Call, request: Params) -> Json:
    unsupported.refuse_parameters(request, unsupported.CONDITIONAL)
    instrument = trade.read_instrument(call, request)
    params.check_trade_mode(request, instrument, TRADE_MODES)
    trigger, price = _read_trigger(request, instrument)
    client_field = "algoClOrdId" if request.get("algoClOrdId") else "clOrdId"  # the older name
    new_order = NewOrder(
        account=call.account.key,
        symbol=instrument.symbol,
        side=params.read_side(request),
        type="LIMIT" if price else "MARKET",
        client_id=params.read_client_id(request, client_field),
        quantity=params.read_size(request, instrument),
        price=price,
        reduce_only=params.read_reduce_only(request, call.account, instrument),
        position_side=params.read_position_side(request, call.account, instrument),
    )
    by_client_id = call.engine.conditional.by_client_id
    if by_client_id(new_order.account, new_order.symbol, new_order.client_id):
        raise errors.order_refusal("duplicate algo")
    trade.set_margin_mode(call, request, instrument)
    with translate_refusals(partial(trade.build_refusal, instrument, new_order)):
        return _order_ids(call.venue.add_waiting_order(new_order, trigger))


place_order = trade.run_first(_place_request, ID_FIELDS)


def _read_trigger(request: Params, instrument: Instrument) -> tuple[triggers.Trigger, Decimal]:
    """Return the trigger and the limit price of the order it places; zero is a market order."""
    buys, kind = params.read_side(request) == "BUY", params.read_text(request, "ordType")
    if kind == "move_order_stop":
        percent = params.read_decimal(request, "callbackRatio") * 100
        if not percent:
            raise errors.order_refusal("callbackRatio")
        begins, now = params.read_decimal(request, "activePx"), instrument.market.price
        return triggers.trailing_stop(buys=buys, percent=percent, begins=begins, now=now), ZERO
    if kind == "trigger":
        price = params.read_decimal(request, "triggerPx")
        if not price:
            raise errors.order_refusal("triggerPx")
        trigger = triggers.plain_trigger(buys=buys, price=price, now=instrument.market.price)
        return trigger, _read_limit_price(request, "orderPx")
    stop, profit = (
        params.read_decimal(request, "slTriggerPx"),
        params.read_decimal(request, "tpTriggerPx"),
    )
    if kind != "conditional" or bool(stop) == bool(profit):
        raise errors.order_refusal("ordType" if kind != "conditional" else "slTriggerPx")
    field = "slOrdPx" if stop else "tpOrdPx"
    price = _read_limit_price(request, field)
    build, trigger_price = (triggers.stop_loss, stop) if stop else (triggers.take_profit, profit)
    return build(buys=buys, price=trigger_price), price


def _read_limit_price(request: Params, field: str) -> Decimal:
    is_market = params.read_text(request, field) == MARKET_PRICE
    return ZERO if is_market else params.read_decimal(request, field)


def _cancel_request(call: Call, request: Params) -> Json:
    order = _find_open_order(call, request, "absent")
    call.venue.cancel_waiting_order(order)
    return _order_ids(order)


def _amend_request(call: Call, request: Params) -> Json:
    order = _find_open_order(call, request, "unchangeable")
    instrument = trade.read_instrument(call, request)
    prices = [params.read_decimal(request, name) for name in NEW_TRIGGERS]
    size = instrument.to_coins(params.read_decimal(request, "newSz"))
    changes = {
        "trigger_price": next(filter(None, prices), None),
        "quantity": size or None,
        "price": _read_new_price(request, order),
    }
    call.venue.amend_order(order, **changes)
    return {**_order_ids(order), "reqId": str(request.get("reqId") or "")}


def _read_new_price(request: Params, order: WaitingOrder) -> Decimal | None:
    """Return the new price of the order behind; it stays a limit or a market order."""
    field = next((name for name in NEW_PRICES if request.get(name)), None)
    if field is None:
        return None
    price = _read_limit_price(request, field)
    if bool(price) != (order.request.type == "LIMIT"):
        raise errors.order_refusal(field)
    return price or None


amend_order = trade.run_first(_amend_request, ID_FIELDS)


def _find_order(call: Call, ids: Params) -> WaitingOrder | None:
    order_id, client_id = (
        params.read_text(ids, "algoId", ""),
        params.read_text(ids, "algoClOrdId", ""),
    )
    if not order_id and not client_id:
        raise errors.missing_parameter("algoId")
    orders = call.engine.conditional.list_waiting(call.account.key)
    if order_id:
        return next((order for order in orders if rows.algo_id(order) == order_id), None)
    return next((order for order in reversed(orders) if order.client_id == client_id), None)


def _find_open_order(call: Call, ids: Params, refusal: str) -> WaitingOrder:
    order = _find_order(call, ids)
    if order is None or not order.is_open:
        raise errors.order_refusal(refusal)
    return order


def _list_matching_orders(call: Call) -> list[WaitingOrder]:
    kinds = set(params.read_text(call.params, "ordType").split(","))
    order_id = params.read_text(call.params, "algoId", "")
    return [
        order
        for order in call.engine.conditional.list_waiting(call.account.key)
        if lookup.matches_instrument(call, order.symbol)
        and rows.algo_type(order) in kinds
        and order_id in ("", rows.algo_id(order))
    ]


def _order_page(call: Call, orders: list[WaitingOrder]) -> object:
    all_orders = call.engine.conditional.list_waiting(call.account.key)
    ids_by_algo_id = {rows.algo_id(order): order.id for order in all_orders}
    page = params.cut_page(call.params, orders, lambda order: order.id, ids_by_algo_id.get)
    return [rows.algo_row(call.engine, order) for order in page]


def _order_ids(order: WaitingOrder) -> Json:
    client_id = wire_client_id(order.client_id)
    return {"algoId": rows.algo_id(order), "algoClOrdId": client_id, "clOrdId": "", "tag": ""}
