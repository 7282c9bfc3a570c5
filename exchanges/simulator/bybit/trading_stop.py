"""The trailing stop of a position: set, changed and taken away as a whole."""

from decimal import Decimal
from secrets import token_hex

from exchanges.simulator.accounts.positions import Position
from exchanges.simulator.bybit.errors import BybitError, invalid_parameter, missing_parameter
from exchanges.simulator.bybit.gateway import Call
from exchanges.simulator.bybit.params import read_decimal, read_position_side, read_text
from exchanges.simulator.bybit.symbols import find_market
from exchanges.simulator.bybit.unsupported import TRADING_STOPS, refuse_parameters
from exchanges.simulator.orders.orders import NewOrder, Order
from exchanges.simulator.orders.triggers import Trigger
from exchanges.simulator.transport.params import UNNAMED_PREFIX


def set_trading_stop(call: Call) -> object:
    """Give the position a trailing stop, another one, or with a distance of 0 none."""
    if call.category != "linear":
        raise invalid_parameter("category")
    market = find_market(call.engine, call.category, read_text(call.params, "symbol"))
    refuse_parameters(call.params, TRADING_STOPS)
    if read_text(call.params, "tpslMode") != "Full":
        raise BybitError(10001, "A trailing stop needs tpslMode Full")
    if call.params.get("trailingStop") in (None, ""):
        raise missing_parameter("trailingStop")
    distance = read_decimal(call.params, "trailingStop")
    begins = read_decimal(call.params, "activePrice")
    if distance % market.symbol.tick or begins % market.symbol.tick:
        raise BybitError(10001, "TrailingStop and activePrice have to be multiples of the tick")
    side = read_position_side(call.params, call.account)
    position = call.account.get_position(market.symbol.name, side)
    if not position.quantity:
        raise BybitError(10001, "can not set tp/sl/ts for zero position")
    current = _find_trailing_stop(call, position)
    if _read_terms(current) == (distance, begins if distance else 0):
        raise BybitError(34040, "not modified")
    if current:
        call.venue.cancel_order(current)
    if distance:
        call.venue.place_order(_build_order(call, position, distance, begins))
    return {}


def _find_trailing_stop(call: Call, position: Position) -> Order | None:
    orders = call.engine.records.list_open_orders(call.account.key, position.contract)
    same_side = (order for order in orders if order.position_side == position.side)
    return next((order for order in same_side if order.is_waiting and order.closes_position), None)


def _read_terms(order: Order | None) -> tuple[Decimal | int, Decimal | int]:
    return (order.trigger.distance, order.trigger.price) if order and order.trigger else (0, 0)


def _build_order(call: Call, position: Position, distance: Decimal, begins: Decimal) -> NewOrder:
    buys = position.quantity < 0
    return NewOrder(
        account=call.account.key,
        symbol=position.contract,
        side="BUY" if buys else "SELL",
        type="MARKET",
        client_id=UNNAMED_PREFIX + token_hex(8),
        quantity=abs(position.quantity),
        self_trade="NONE",
        trigger=Trigger(kind="TRAILING", rises=buys, price=begins, distance=distance),
        reserves=False,
        reduce_only=True,
        position_side=position.side,
        closes_position=True,
    )
