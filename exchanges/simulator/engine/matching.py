"""New orders: check, accept, match by price and time, then rest or end them."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from exchanges.simulator.decimals import ZERO, floor_to
from exchanges.simulator.engine import margin
from exchanges.simulator.engine.engine import Engine
from exchanges.simulator.markets.filters import FilterFailure, check_filters, check_trigger_filters
from exchanges.simulator.markets.market import Market, Offer
from exchanges.simulator.markets.symbols import is_contract
from exchanges.simulator.orders.orders import NewOrder, Order
from exchanges.simulator.orders.triggers import WouldTrigger, start_trigger, would_fire
from exchanges.simulator.refusals import OrderRefusal


class DuplicateClientId(OrderRefusal):
    """An open order of this account already has that client id."""


class WouldTake(OrderRefusal):
    """The order is post-only and would trade at once."""


def place_order(engine: Engine, new: NewOrder, now: int) -> Order:
    """Accept and match an order, or raise the reason; a refused order changes nothing."""
    check_order(engine, new)
    market = engine.markets[new.symbol]
    order = create_order(engine, market, new, now)
    engine.accept_order(order)
    if order.is_waiting:
        engine.rest_order(order)
    else:
        match_order(engine, order, now)
    return order


def place_pair(
    engine: Engine, pair: tuple[NewOrder, NewOrder], client_id: str, now: int
) -> tuple[Order, Order]:
    """Place two orders of which one ends the other; both, or the reason is raised.

    Funds are locked once, by the one that may need more.
    """
    if pair[0].client_id == pair[1].client_id:
        raise DuplicateClientId(pair[1].client_id)
    list_id = engine.sequence + 1
    dearer = max(pair, key=lambda new: (new.trigger.price if new.trigger else new.price, new.price))
    listed = [
        replace(new, list_id=list_id, list_client_id=client_id, reserves=new is dearer)
        for new in pair
    ]
    for new in listed:
        check_order(engine, new)
    orders = [create_order(engine, engine.markets[new.symbol], new, now) for new in listed]
    for order in orders:
        engine.accept_order(order)
        engine.rest_order(order)
    return orders[0], orders[1]


def match_order(engine: Engine, order: Order, now: int) -> None:
    """Match an accepted order, then rest or expire what remains."""
    market = engine.markets[order.symbol]
    if order.time_in_force != "FOK" or _sum_available(market, order) >= order.remaining:
        _take_offers(engine, market, order, now)
    if order.is_open:
        _rest_or_expire(engine, order, now)


def accept_and_cancel(engine: Engine, new: NewOrder, now: int) -> Order:
    """Accept an order and cancel it at once, as some venues do with post-only orders that take."""
    order = create_order(engine, engine.markets[new.symbol], new, now)
    engine.accept_order(order)
    engine.end_order(order, "CANCELED", "CANCELED", now)
    return order


def check_order(engine: Engine, new: NewOrder) -> None:
    """Raise the first reason to refuse an order; nothing is changed."""
    market = engine.markets[new.symbol]
    _check_symbol_limits(market, new)
    earlier = engine.records.by_client_id(new.account, new.symbol, new.client_id)
    if earlier and earlier.is_open:
        raise DuplicateClientId(new.client_id)
    if len(engine.records.list_open_orders(new.account, new.symbol)) >= engine.max_open_orders:
        raise FilterFailure("MAX_NUM_ORDERS")
    if new.type == "LIMIT_MAKER" and not new.trigger and would_take(market, new):
        raise WouldTake(new.client_id)
    if new.quote_quantity and not _estimate_market_order(market, new)[0]:
        raise FilterFailure("LOT_SIZE")
    _require_balance(engine, market, new)


def _check_symbol_limits(market: Market, new: NewOrder) -> None:
    if not new.trigger:
        return check_filters(market.symbol, market.price, new)
    check_trigger_filters(market.symbol, market.price, new, new.trigger)
    if would_fire(new.trigger, market.price):
        raise WouldTrigger(new.trigger.kind)


def _require_balance(engine: Engine, market: Market, new: NewOrder) -> None:
    if new.trigger and not new.reserves:
        return
    quantity, cost = new.quantity, new.price * new.quantity
    if new.trigger and new.type == "MARKET":
        cost = start_trigger(new.trigger, market.price).expected_price * new.quantity
    elif new.type == "MARKET":
        estimate, cost = _estimate_market_order(market, new)
        quantity = new.quantity or estimate
    _require_amounts(engine, new, quantity, cost)


def require_funds(engine: Engine, order: Order) -> None:
    """Raise if a triggered order cannot be paid for now; funds it has locked count."""
    market = engine.markets[order.symbol]
    if order.type != "MARKET" and order.reserves:
        return
    quantity, cost = order.remaining, order.price * order.remaining
    if order.type == "MARKET":
        quantity, cost = _estimate_market_order(market, order)
    _require_amounts(engine, order, quantity, cost)


def _require_amounts(
    engine: Engine, order: NewOrder | Order, quantity: Decimal, cost: Decimal
) -> None:
    """Raise if the account lacks the margin, the quote or the base for an order."""
    account, symbol = engine.accounts[order.account], engine.markets[order.symbol].symbol
    if is_contract(order.symbol):
        margin.check_margin(engine, order, cost)
    elif order.side == "BUY":
        account.require(symbol.quote, cost)
    else:
        account.require(symbol.base, quantity)


def _estimate_market_order(market: Market, new: NewOrder | Order) -> tuple[Decimal, Decimal]:
    """Estimate the base and quote that a market order would trade now."""
    base = quote = ZERO
    for offer in _iterate_tradable(market, new):
        remaining = new.quantity - base
        if new.quote_quantity:
            remaining = floor_to((new.quote_quantity - quote) / offer.price, market.symbol.step)
        if remaining <= 0:
            break
        quantity = min(remaining, offer.quantity)
        base += quantity
        quote += quantity * offer.price
    return base, quote


def would_take(market: Market, order: NewOrder | Order) -> bool:
    return next(_iterate_reachable(market, order), None) is not None


def _iterate_reachable(market: Market, order: NewOrder | Order) -> Iterator[Offer]:
    for offer in market.list_offers(order.side):
        if order.type != "MARKET" and not _accepts_price(order, offer.price):
            return
        yield offer


def _iterate_tradable(market: Market, new: NewOrder | Order) -> Iterator[Offer]:
    """Yield the offers the order may trade with: none of its own account, unless allowed."""
    for offer in _iterate_reachable(market, new):
        if not (offer.order and _is_self_trade(new, offer.order)):
            yield offer


def _accepts_price(order: NewOrder | Order, price: Decimal) -> bool:
    return price <= order.price if order.side == "BUY" else price >= order.price


def _sum_available(market: Market, new: NewOrder | Order) -> Decimal:
    return sum((offer.quantity for offer in _iterate_tradable(market, new)), ZERO)


def create_order(engine: Engine, market: Market, new: NewOrder, now: int) -> Order:
    engine.sequence += 1
    order_id, market.next_order_id = market.next_order_id, market.next_order_id + 1
    started = replace(
        new,
        quantity=new.quantity or _estimate_market_order(market, new)[0],
        trigger=new.trigger and start_trigger(new.trigger, market.price),
    )
    return Order(
        **vars(started),
        id=order_id,
        sequence=engine.sequence,
        created=now,
        updated=now,
        working_since=None if new.trigger else now,
    )


def _take_offers(engine: Engine, market: Market, order: Order, now: int) -> None:
    while order.is_open and (offer := next(_iterate_reachable(market, order), None)):
        if offer.order and _is_self_trade(order, offer.order):
            _prevent_self_trade(engine, order, offer.order, now)
            continue
        quantity = min(engine.get_tradable_quantity(order), offer.quantity)
        if offer.order:
            quantity = min(quantity, engine.get_tradable_quantity(offer.order))
        engine.queue_price(market, offer.price)
        if offer.level:
            offer.level.quantity -= quantity
        price, maker = offer.price, offer.order
        engine.execute_trade(
            order.symbol, order.side, price, quantity, now, taker=order, maker=maker
        )


def _is_self_trade(taker: NewOrder | Order, maker: Order) -> bool:
    return taker.account == maker.account and taker.self_trade != "NONE"


def _prevent_self_trade(engine: Engine, taker: Order, maker: Order, now: int) -> None:
    """Expire one side or both instead of a trade within one account."""
    if taker.self_trade in ("EXPIRE_MAKER", "EXPIRE_BOTH"):
        engine.end_order(maker, "EXPIRED_IN_MATCH", "TRADE_PREVENTION", now)
    if taker.self_trade in ("EXPIRE_TAKER", "EXPIRE_BOTH"):
        engine.end_order(taker, "EXPIRED_IN_MATCH", "TRADE_PREVENTION", now)


def _rest_or_expire(engine: Engine, order: Order, now: int) -> None:
    if order.type == "MARKET" or order.time_in_force != "GTC":
        engine.end_order(order, "EXPIRED", "EXPIRED", now)
    else:
        engine.rest_order(order)
