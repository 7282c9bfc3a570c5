"""A run's state as the strategy sees it: the newest order of each slot, and the position."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from django.db.models import F, Prefetch, Q, QuerySet

from bots.models import Bot, BotOrder
from bots.pnl.lots import Ledger, LedgerFill, Lot
from bots.running.order_end import describe_end
from bots.strategies.decisions import ZERO, Position, SlotOrder
from orders.lifecycle import ended_by, states
from orders.models import Fill, Order

FOLD_FROM: Final = 40  # orders or fills: fewer are cheaper to add up again than to save
LATE: Final = timedelta(minutes=10)  # so long after its end an order may still get fills or fees


@dataclass(frozen=True, slots=True)
class RunState:
    """The state of a run at one moment."""

    bot_orders: dict[str, BotOrder]  # the newest of each slot
    slots: dict[str, SlotOrder]
    position: Position
    open: list[BotOrder]
    uncounted: list[BotOrder]  # not completely in the position that the bot carries


def read_state(bot: Bot, *, now: datetime) -> RunState:
    """Read the state in two queries; the number of rows does not grow with the run."""
    bot_orders = list(_select_orders(bot))
    newest = {bot_order.slot: bot_order for bot_order in bot_orders if bot_order.is_newest}
    base = bot.symbol.partition("/")[0]
    slots = {slot: _to_slot_order(bot_order, base, now) for slot, bot_order in newest.items()}
    uncounted = [bot_order for bot_order in bot_orders if not bot_order.is_counted]
    waiting = [bot_order for bot_order in uncounted if bot_order.order.status in states.OPEN]
    ledger = _build_ledger(bot, uncounted, base)
    position = Position(quantity=ledger.quantity, cost=ledger.cost)
    return RunState(newest, slots, position, waiting, uncounted)


def carry_over(bot: Bot, state: RunState, *, now: datetime, least: int = FOLD_FROM) -> None:
    """Save the position of a long run on the bot, so that its old fills are not read again.

    Not while a fill or a fee is missing: it may belong before the known ones, and the average cost
    would change.
    """
    final = [bot_order for bot_order in state.uncounted if _is_final(bot_order, now=now)]
    fills = sum(len(bot_order.order.fills.all()) for bot_order in state.uncounted)
    is_incomplete = any(_is_incomplete(bot_order.order) for bot_order in state.uncounted)
    if is_incomplete or max(len(final), fills) < least:
        return
    ledger = _build_ledger(bot, state.uncounted, bot.symbol.partition("/")[0])
    bot.carried, bot.carried_cost = ledger.quantity, ledger.cost
    bot.save(update_fields=["carried", "carried_cost"])
    for bot_order in state.uncounted:
        fill_ids = (fill.pk for fill in bot_order.order.fills.all())
        bot_order.counted_upto = max([bot_order.counted_upto, *fill_ids])
    for bot_order in final:
        bot_order.is_counted = True
    BotOrder.objects.bulk_update(state.uncounted, ["counted_upto", "is_counted"])


def _select_orders(bot: Bot) -> QuerySet[BotOrder]:
    """Select the orders with those of their fills that the bot does not carry."""
    fills = Fill.objects.filter(pk__gt=F("order__bot_order__counted_upto"))
    return (
        bot.bot_orders.filter(Q(is_counted=False) | Q(is_newest=True), run=bot.run)
        .select_related("order")
        .prefetch_related(Prefetch("order__fills", fills.order_by("executed_at", "pk")))
        .order_by("pk")
    )


def _is_final(bot_order: BotOrder, *, now: datetime) -> bool:
    """Check that nothing of it will change, and that its slot has a newer order."""
    order = bot_order.order
    if bot_order.is_newest or order.end_is_assumed or not order.ended_at or not _is_settled(order):
        return False
    return order.filled >= order.quantity or order.ended_at < now - LATE


def _to_slot_order(bot_order: BotOrder, base: str, now: datetime) -> SlotOrder:
    order = bot_order.order
    is_over = _is_settled(order) or _are_fees_overdue(order, now)
    return SlotOrder(
        slot=bot_order.slot,
        turn=bot_order.turn,
        side=order.side,  # type: ignore[arg-type]  # held to Side by the database
        type=order.type,  # type: ignore[arg-type]
        quantity=order.quantity,
        filled=order.filled if is_over else order.fills_quantity,  # as much as the position counts
        cost=order.cost,
        price=order.price,
        is_open=not is_over,
        cancelled_by_us=bot_order.is_unwanted or order.ended_by == ended_by.BOT,
        is_refused_by_venue=order.status in (states.REJECTED, states.EXPIRED),
        at=order.created_at,
        ended_at=order.ended_at,
        end_reason=describe_end(order),
        is_changing=order.amend_requested_at is not None,
        asked_quantity=bot_order.asked_quantity,
        fee_in_base=Decimal(order.fees.get(base, 0)) if order.side == "buy" else ZERO,
    )


def _is_settled(order: Order) -> bool:
    """Check that it has ended and all its fills and fees are known."""
    return order.status not in states.OPEN and not _is_incomplete(order)


def _are_fees_overdue(order: Order, now: datetime) -> bool:
    """Check whether only fees are missing, long after its end: some venues never report them."""
    is_over = order.ended_at is not None and order.ended_at <= now - LATE
    return is_over and order.fills_quantity >= order.filled


def _is_incomplete(order: Order) -> bool:
    """Check whether a fill or a fee of the filled quantity is missing."""
    return order.fills_quantity < order.filled or order.lacks_fees


def _build_ledger(bot: Bot, bot_orders: Iterable[BotOrder], base: str) -> Ledger:
    """Add the fills in the order of execution to the carried position, at the average cost."""
    ledger = Ledger("average", [Lot(bot.carried, bot.carried_cost)] if bot.carried else [])
    fills = [fill for bot_order in bot_orders for fill in bot_order.order.fills.all()]
    for fill in sorted(fills, key=lambda fill: (fill.executed_at, fill.pk)):
        ledger.add_fill(position_fill(fill, base))
    return ledger


def position_fill(fill: Fill, base: str) -> LedgerFill:
    """Convert a fill for the position: only a fee that was taken from the bought coins counts."""
    fee = (fill.fee or ZERO) if fill.fee_currency == base and fill.side == "buy" else ZERO
    side: Any = fill.side
    return LedgerFill(side, fill.quantity, fill.price, fill.executed_at, fee_in_base=fee)
