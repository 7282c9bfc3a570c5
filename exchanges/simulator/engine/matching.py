"""A new order: judged, accepted, matched by price and time, and rested or ended."""

from collections.abc import Iterator
from decimal import Decimal

from exchanges.simulator.decimals import ZERO, floor_to
from exchanges.simulator.engine import margin
from exchanges.simulator.engine.engine import Engine
from exchanges.simulator.markets.contracts import is_contract
from exchanges.simulator.markets.filters import FilterFailure, check, check_trigger
from exchanges.simulator.markets.market import Market, Offer
from exchanges.simulator.orders.orders import NewOrder, Order
from exchanges.simulator.orders.triggers import WouldTrigger, begun, would_fire


class DuplicateClientId(Exception):
    """An open order of this account already has that name."""


class WouldTake(Exception):
    """A post-only order that would trade at once."""


def place(engine: Engine, new: NewOrder, now: int) -> Order:
    """Accept and match an order, or raise why not; a refused order changes nothing."""
    judge(engine, new)
    market = engine.markets[new.symbol]
    order = _order(engine, market, new, now)
    engine.accept(order)
    if order.waits:
        engine.rest(order)
    else:
        go(engine, order, now)
    return order


def go(engine: Engine, order: Order, now: int) -> None:
    """Let an accepted order take what it can, then stand or end."""
    market = engine.markets[order.symbol]
    if order.time_in_force != "FOK" or _available(market, order) >= order.remaining:
        _match(engine, market, order, now)
    if order.is_open:
        _finish(engine, order, now)


def turn_away(engine: Engine, new: NewOrder, now: int) -> Order:
    """Accept an order only to cancel it: what some venues do with post-only orders that take."""
    order = _order(engine, engine.markets[new.symbol], new, now)
    engine.accept(order)
    engine.end(order, "CANCELED", "CANCELED", now)
    return order


def judge(engine: Engine, new: NewOrder) -> None:
    """Everything that can be wrong with an order, before anything is changed."""
    market = engine.markets[new.symbol]
    _check_limits(market, new)
    earlier = engine.records.by_client_id(new.account, new.symbol, new.client_id)
    if earlier and earlier.is_open:
        raise DuplicateClientId(new.client_id)
    if len(engine.records.open_orders(new.account, new.symbol)) >= engine.max_open_orders:
        raise FilterFailure("MAX_NUM_ORDERS")
    if new.type == "LIMIT_MAKER" and not new.trigger and would_take(market, new):
        raise WouldTake(new.client_id)
    if new.quote_quantity and not _plan(market, new)[0]:
        raise FilterFailure("LOT_SIZE")
    _require_balance(engine, market, new)


def _check_limits(market: Market, new: NewOrder) -> None:
    if not new.trigger:
        return check(market.symbol, market.price, new)
    check_trigger(market.symbol, market.price, new, new.trigger)
    if would_fire(new.trigger, market.price):
        raise WouldTrigger(new.client_id)


def _require_balance(engine: Engine, market: Market, new: NewOrder) -> None:
    if new.trigger and not new.reserves:
        return
    account = engine.accounts[new.account]
    quantity, cost = new.quantity, new.price * new.quantity
    if new.trigger and new.type == "MARKET":
        cost = begun(new.trigger, market.price).expected * new.quantity
    elif new.type == "MARKET":
        planned, cost = _plan(market, new)
        quantity = new.quantity or planned
    if is_contract(new.symbol):
        margin.judge(engine, new, cost)
    elif new.side == "BUY":
        account.require(market.symbol.quote, cost)
    else:
        account.require(market.symbol.base, quantity)


def require_means(engine: Engine, order: Order) -> None:
    """For an order that waited: what it takes now must be there now, unless it is held for it."""
    market, account = engine.markets[order.symbol], engine.accounts[order.account]
    if order.type != "MARKET" and order.reserves:
        return
    base, cost = order.remaining, order.price * order.remaining
    if order.type == "MARKET":
        base, cost = _plan(market, order)
    if is_contract(order.symbol):
        margin.judge(engine, order, cost)
    elif order.side == "BUY":
        account.require(market.symbol.quote, cost)
    else:
        account.require(market.symbol.base, base)


def _plan(market: Market, new: NewOrder | Order) -> tuple[Decimal, Decimal]:
    """What a market order would move now: base and quote."""
    base = quote = ZERO
    for offer in _others(market, new):
        wanted = new.quantity - base
        if new.quote_quantity:
            wanted = floor_to((new.quote_quantity - quote) / offer.price, market.symbol.step)
        if wanted <= 0:
            break
        taken = min(wanted, offer.quantity)
        base += taken
        quote += taken * offer.price
    return base, quote


def would_take(market: Market, order: NewOrder | Order) -> bool:
    return next(_reachable(market, order), None) is not None


def _reachable(market: Market, order: NewOrder | Order) -> Iterator[Offer]:
    for offer in market.offers(order.side):
        if order.type != "MARKET" and not _within(order, offer.price):
            return
        yield offer


def _others(market: Market, new: NewOrder | Order) -> Iterator[Offer]:
    """What the order would really trade with: never its own account, unless that is allowed."""
    for offer in _reachable(market, new):
        if not (offer.order and _own(new, offer.order)):
            yield offer


def _within(order: NewOrder | Order, price: Decimal) -> bool:
    return price <= order.price if order.side == "BUY" else price >= order.price


def _available(market: Market, new: NewOrder | Order) -> Decimal:
    return sum((offer.quantity for offer in _others(market, new)), ZERO)


def _order(engine: Engine, market: Market, new: NewOrder, now: int) -> Order:
    engine.sequence += 1
    order_id, market.next_order_id = market.next_order_id, market.next_order_id + 1
    return Order(
        symbol=new.symbol,
        id=order_id,
        sequence=engine.sequence,
        account=new.account,
        client_id=new.client_id,
        side=new.side,
        type=new.type,
        time_in_force=new.time_in_force,
        self_trade=new.self_trade,
        reduce_only=new.reduce_only,
        price=new.price,
        quantity=new.quantity or _plan(market, new)[0],
        quote_quantity=new.quote_quantity,
        created=now,
        updated=now,
        trigger=new.trigger and begun(new.trigger, market.price),
        reserves=new.reserves,
        working_since=None if new.trigger else now,
    )


def _match(engine: Engine, market: Market, order: Order, now: int) -> None:
    while order.is_open and (offer := next(_reachable(market, order), None)):
        if offer.order and _own(order, offer.order):
            _prevent(engine, order, offer.order, now)
            continue
        quantity = min(engine.tradable(order), offer.quantity)
        if offer.order:
            quantity = min(quantity, engine.tradable(offer.order))
        engine.show(market, offer.price)
        if offer.level:
            offer.level.quantity -= quantity
        engine.trade(
            order.symbol,
            taker=order,
            maker=offer.order,
            taker_side=order.side,
            price=offer.price,
            quantity=quantity,
            now=now,
        )


def _own(taker: NewOrder | Order, maker: Order) -> bool:
    return taker.account == maker.account and taker.self_trade != "NONE"


def _prevent(engine: Engine, taker: Order, maker: Order, now: int) -> None:
    """Nobody trades with himself: one side of the pair, or both, expires instead."""
    if taker.self_trade in ("EXPIRE_MAKER", "EXPIRE_BOTH"):
        engine.end(maker, "EXPIRED_IN_MATCH", "TRADE_PREVENTION", now)
    if taker.self_trade in ("EXPIRE_TAKER", "EXPIRE_BOTH"):
        engine.end(taker, "EXPIRED_IN_MATCH", "TRADE_PREVENTION", now)


def _finish(engine: Engine, order: Order, now: int) -> None:
    if order.type == "MARKET" or order.time_in_force != "GTC":
        engine.end(order, "EXPIRED", "EXPIRED", now)
    else:
        engine.rest(order)
