"""Orders that begin when another of their list is filled.

Until then they are recorded as PENDING_NEW: not open, in no order book, with nothing locked.
"""

from collections.abc import Sequence
from dataclasses import replace

from exchanges.simulator.engine import matching
from exchanges.simulator.engine.engine import Engine
from exchanges.simulator.markets.filters import check_filters, check_trigger_filters
from exchanges.simulator.orders import triggers
from exchanges.simulator.orders.orders import NewOrder, Order, OrderEvent
from exchanges.simulator.refusals import OrderRefusal

PENDING = "PENDING_NEW"


def place_with_followers(
    engine: Engine, working: NewOrder, followers: Sequence[NewOrder], client_id: str, now: int
) -> list[Order]:
    """Place an order and those that begin when it is filled; all, or the reason is raised."""
    list_id = engine.sequence + 1
    first = replace(working, list_id=list_id, list_client_id=client_id)
    matching.check_order(engine, first)
    for new in followers:
        _check_limits(engine, new)
    order = matching.create_order(engine, engine.markets[first.symbol], first, now)
    members = [order]
    for new in followers:
        new = replace(new, list_id=list_id, list_client_id=client_id, follows=True)
        follower = matching.create_order(engine, engine.markets[new.symbol], new, now)
        follower.status, follower.working_since = PENDING, None
        members.append(follower)
    engine.accept_order(order)
    for follower in members[1:]:
        engine.records.add_order(follower)
        engine.record_event("NEW", follower, now)
    matching.match_order(engine, order, now)
    return members


def advance_lists(engine: Engine, now: int) -> None:
    """Begin or end the followers of orders that ended in this transaction."""
    handled = 0
    while handled < len(engine.changes.events):  # what begins here may be filled here too
        event = engine.changes.events[handled]
        handled += 1
        if isinstance(event, OrderEvent) and event.order.list_id >= 0 and not event.order.follows:
            _advance_list(engine, event.order, now)


def _advance_list(engine: Engine, working: Order, now: int) -> None:
    if working.is_open:
        return
    members = engine.records.list_members(working.account, working.list_id)
    followers = [order for order in members if order.status == PENDING]
    for order in followers:
        if working.status == "FILLED":
            _begin_order(engine, order, now)
        else:
            end_follower(engine, order, working.status, now)


def _begin_order(engine: Engine, order: Order, now: int) -> None:
    """Make a follower an order like others, or end it if it cannot be paid for any more."""
    market = engine.markets[order.symbol]
    order.status, order.updated = "NEW", now
    order.working_since = None if order.trigger else now
    try:
        if order.trigger and triggers.would_fire(order.trigger, market.price):
            raise triggers.WouldTrigger(order.trigger.kind)
        if order.type == "MARKET" and not order.trigger:
            matching.require_funds(engine, order)
        engine.accept_order(order)
    except OrderRefusal:
        end_follower(engine, order, "EXPIRED", now)
        return
    if order.is_waiting:
        engine.rest_order(order)
    else:
        matching.match_order(engine, order, now)


def end_follower(engine: Engine, order: Order, status: str, now: int) -> None:
    order.status, order.updated = status, now
    engine.record_event("CANCELED" if status == "CANCELED" else "EXPIRED", order, now)


def _check_limits(engine: Engine, new: NewOrder) -> None:
    """Raise if a follower breaks a limit of its symbol; its funds are looked at when it begins."""
    market = engine.markets[new.symbol]
    earlier = engine.records.by_client_id(new.account, new.symbol, new.client_id)
    if earlier and (earlier.is_open or earlier.status == PENDING):
        raise matching.DuplicateClientId(new.client_id)
    if new.trigger:
        check_trigger_filters(market.symbol, market.price, new, new.trigger)
    else:
        check_filters(market.symbol, market.price, new)
