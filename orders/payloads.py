"""Orders, fills and changes as clients get them: one shape for API, events and pages."""

from decimal import Decimal
from typing import TypedDict

from orders.lifecycle.states import OPEN
from orders.models import Fill, Order, OrderChange
from realtime.shapes.events import OrderData, OrderGroupData, OrderIdentityData, TradeData
from realtime.values import (
    format_money,
    format_money_or_none,
    format_time,
    format_time_or_none,
)


def order_data(order: Order) -> OrderData:
    """Build an order's absolute state with its version, so that a repeat is harmless."""
    return OrderData(
        **_identity_data(order),
        type=order.type,
        time_in_force=order.time_in_force,
        price=format_money_or_none(order.price),
        trigger_price=format_money_or_none(order.trigger_price),
        take_profit_price=format_money_or_none(order.take_profit_price),
        trailing_percent=format_money_or_none(order.trailing_percent),
        good_till=format_time_or_none(order.good_till),
        reduce_only=order.reduce_only,
        position_side=order.position_side or None,  # type: ignore[typeddict-item]
        closes_position=order.closes_position,
        group=group_data(order),
        leverage=order.leverage,
        quantity=format_money(order.quantity),
        quote_amount=format_money_or_none(order.quote_amount),
        filled=format_money(order.filled),
        remaining=format_money(compute_remaining(order)),
        average_price=format_money_or_none(order.average_price),
        cost=format_money(order.cost),
        fees=order.fees,
        lacks_fees=order.lacks_fees,
        status=order.status,  # type: ignore[typeddict-item]  # held to Status by the database
        origin=order.origin,  # type: ignore[typeddict-item]  # held to Origin by the database
        client_order_id=order.client_order_id,
        exchange_order_id=order.exchange_order_id or None,
        placed_by=order.placed_by or None,
        cancel_requested=order.cancel_requested_at is not None,
        amend_price=format_money_or_none(order.amend_price),
        amend_quantity=format_money_or_none(order.amend_quantity),
        amend_trigger_price=format_money_or_none(order.amend_trigger_price),
        created_at=format_time(order.created_at),
        submitted_at=format_time_or_none(order.submitted_at),
        checked_at=format_time_or_none(order.checked_at),
        ended_at=format_time_or_none(order.ended_at),
        ended_by=order.ended_by,
        ended_reason=order.ended_reason,
    )


def _identity_data(order: Order) -> OrderIdentityData:
    return OrderIdentityData(
        id=order.pk,
        version=order.version,
        key=order.key_id,
        key_label=order.key.label,
        venue=order.key.venue,
        market=order.key.market,
        simulated=order.key.is_paper,
        bot=order.bot_id,
        bot_name=order.bot.name if order.bot else None,
        symbol=order.symbol,
        side=order.side,  # type: ignore[typeddict-item]  # held to Side by the database
    )


def group_data(order: Order) -> OrderGroupData | None:
    """Build what an order shows of its group: ours with its state, or only the venue's id."""
    group = order.order_group
    if group is None and not order.group:
        return None
    return OrderGroupData(
        id=group.pk if group else None,
        venue_id=order.group or None,
        kind=group.kind if group else None,  # type: ignore[typeddict-item]  # held by the database
        role=order.role or None,  # type: ignore[typeddict-item]  # held to Role by its choices
        state=group.state if group else None,  # type: ignore[typeddict-item]
        note=group.note if group else "",
    )


def compute_remaining(order: Order) -> Decimal:
    """Return the quantity that may still be filled: none of an order that has ended."""
    return max(order.quantity - order.filled, Decimal(0)) if order.status in OPEN else Decimal(0)


def trade_data(fill: Fill) -> TradeData:
    return TradeData(
        id=fill.pk,
        order=fill.order_id,
        key=fill.key_id,
        symbol=fill.symbol,
        side=fill.side,  # type: ignore[typeddict-item]  # held to Side by the database
        trade_id=fill.trade_id,
        price=format_money(fill.price),
        quantity=format_money(fill.quantity),
        fee=format_money_or_none(fill.fee),
        fee_currency=fill.fee_currency or None,
        is_maker=fill.is_maker,
        executed_at=format_time(fill.executed_at),
    )


class ChangeData(TypedDict):
    version: int
    at: str
    status: str
    filled: str
    source: str
    actor: str
    words: str


def change_data(change: OrderChange) -> ChangeData:
    return ChangeData(
        version=change.version,
        at=format_time(change.at),
        status=change.status,
        filled=format_money(change.filled),
        source=change.source,
        actor=change.actor,
        words=change.reason,
    )
