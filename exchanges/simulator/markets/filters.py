"""A symbol's limits on price, quantity and value of an order."""

from decimal import Decimal

from exchanges.simulator.markets.symbols import Symbol
from exchanges.simulator.orders.orders import NewOrder, Order
from exchanges.simulator.orders.triggers import Trigger
from exchanges.simulator.refusals import OrderRefusal


class FilterFailure(OrderRefusal):
    """The order breaks a limit of its symbol; the argument is the limit's name."""

    @property
    def rule(self) -> str:
        return str(self)


def check_filters(symbol: Symbol, price: Decimal, order: NewOrder | Order) -> None:
    """Raise FilterFailure with the first limit that the order breaks at this market price."""
    if order.type != "MARKET":
        _check_price(symbol, price, order)
    if order.quantity:
        _check_quantity(symbol, order)
    value = order.quote_quantity or order.quantity * (order.price or price)
    _require_limit(symbol.min_notional <= value <= symbol.max_notional, "NOTIONAL")


def check_trigger_filters(
    symbol: Symbol, price: Decimal, order: NewOrder | Order, trigger: Trigger
) -> None:
    """Check a conditional order at its trigger price, and check the trigger itself."""
    check_filters(symbol, trigger.price or price, order)
    check_trigger(symbol, trigger)


def check_trigger(symbol: Symbol, trigger: Trigger) -> None:
    if trigger.price:
        _require_limit(symbol.tick <= trigger.price <= symbol.max_price, "PRICE_FILTER")
        _require_limit(trigger.price % symbol.tick == 0, "PRICE_FILTER")
    if trigger.trail:
        _require_limit(symbol.min_trail <= trigger.trail <= symbol.max_trail, "TRAILING_DELTA")


def _check_price(symbol: Symbol, price: Decimal, order: NewOrder | Order) -> None:
    _require_limit(symbol.tick <= order.price <= symbol.max_price, "PRICE_FILTER")
    _require_limit(order.price % symbol.tick == 0, "PRICE_FILTER")
    low, high = price * symbol.price_down, price * symbol.price_up
    _require_limit(low <= order.price <= high, "PERCENT_PRICE_BY_SIDE")


def _check_quantity(symbol: Symbol, order: NewOrder | Order) -> None:
    _require_limit(symbol.min_quantity <= order.quantity <= symbol.max_quantity, "LOT_SIZE")
    _require_limit(order.quantity % symbol.step == 0, "LOT_SIZE")
    if order.type == "MARKET":
        _require_limit(order.quantity <= symbol.max_market_quantity, "MARKET_LOT_SIZE")


def _require_limit(is_within: bool, name: str) -> None:
    if not is_within:
        raise FilterFailure(name)
