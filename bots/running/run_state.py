"""A bot's orders as its strategy sees them: the newest of each lane, and what all of them hold."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from django.db.models import F, Prefetch, Q, QuerySet

from bots.models import Bot, BotOrder
from bots.pnl.lots import Ledger, LedgerFill, Lot
from bots.strategies.types import ZERO, Placed, Position
from orders.lifecycle import ended_by, states
from orders.models import Fill, Order

FOLD_FROM: Final = 40  # acts or fills: with fewer, adding them up again costs less than writing
LATE: Final = timedelta(minutes=10)  # so long after its end an order may still show parts or fees


@dataclass(frozen=True, slots=True)
class Seen:
    """All that is known of a run right now. Acts are the orders' own, not copies."""

    acts: dict[str, BotOrder]  # the newest of each slot
    lanes: dict[str, Placed]
    position: Position
    open: list[BotOrder]
    loose: list[BotOrder]  # those that are not wholly counted in what the bot carries


def see(bot: Bot, *, now: datetime) -> Seen:
    """In two queries and few rows, however long the run is: what is carried is not read again."""
    acts = list(_acts(bot))
    newest = {act.slot: act for act in acts if act.is_newest}
    base = bot.symbol.partition("/")[0]
    placed = {lane: _placed(act, base, now) for lane, act in newest.items()}
    loose = [act for act in acts if not act.is_counted]
    waiting = [act for act in loose if act.order.status in states.OPEN]
    return Seen(newest, placed, _position(_ledger(bot, loose, base)), waiting, loose)


def fold(bot: Bot, seen: Seen, *, now: datetime, least: int = FOLD_FROM) -> None:
    """Once there is much of it: carry over what the parts that are known have come to.

    Not while a part or a fee is still to come: it may belong before those that are known, and the
    average cost would be another.
    """
    over = [act for act in seen.loose if _is_over(act, now=now)]
    fills = sum(len(act.order.fills.all()) for act in seen.loose)
    if max(len(over), fills) < least or any(_is_lacking(act.order) for act in seen.loose):
        return
    ledger = _ledger(bot, seen.loose, bot.symbol.partition("/")[0])
    bot.carried, bot.carried_cost = ledger.quantity, ledger.cost
    bot.save(update_fields=["carried", "carried_cost"])
    for act in seen.loose:
        act.counted_upto = max([act.counted_upto, *(fill.pk for fill in act.order.fills.all())])
    for act in over:
        act.is_counted = True
    BotOrder.objects.bulk_update(seen.loose, ["counted_upto", "is_counted"])


def _acts(bot: Bot) -> QuerySet[BotOrder]:
    """With those of their parts that are not carried."""
    parts = Fill.objects.filter(pk__gt=F("order__bot_order__counted_upto"))
    return (
        bot.bot_orders.filter(Q(is_counted=False) | Q(is_newest=True), run=bot.run)
        .select_related("order")
        .prefetch_related(Prefetch("order__fills", parts.order_by("executed_at", "pk")))
        .order_by("pk")
    )


def _is_over(act: BotOrder, *, now: datetime) -> bool:
    """Nothing more is to be learned from it, and its lane has gone on."""
    order = act.order
    if act.is_newest or not _is_settled(order) or order.ended_at is None or order.end_is_assumed:
        return False
    return order.filled >= order.quantity or order.ended_at < now - LATE


def _placed(act: BotOrder, base: str, now: datetime) -> Placed:
    order = act.order
    is_over = _is_settled(order) or _is_untold(order, now)
    return Placed(
        slot=act.slot,
        turn=act.turn,
        side=order.side,  # type: ignore[arg-type]  # held to Side by the database
        type=order.type,  # type: ignore[arg-type]
        quantity=order.quantity,
        filled=order.filled if is_over else order.fills_quantity,  # as is counted as held
        cost=order.cost,
        price=order.price,
        is_open=not is_over,
        by_us=act.is_unwanted or order.ended_by == ended_by.BOT,
        is_refused=order.status in (states.REJECTED, states.EXPIRED),
        at=order.created_at,
        ended_at=order.ended_at,
        words=order.ended_reason or dict(ended_by.LABELS).get(order.ended_by, ""),
        kept_back=_kept_back(order, base),
    )


def _is_settled(order: Order) -> bool:
    """Ended, and every part of it is known with its fee: nothing of it will change any more."""
    return order.status not in states.OPEN and not _is_lacking(order)


def _is_untold(order: Order, now: datetime) -> bool:
    """All its parts are known, and not their fees: some venues never tell them."""
    is_over = order.ended_at is not None and order.ended_at <= now - LATE
    return is_over and order.fills_quantity >= order.filled


def _is_lacking(order: Order) -> bool:
    """Of what was filled, not every part or fee is known."""
    return order.fills_quantity < order.filled or order.lacks_fees


def _kept_back(order: Order, base: str) -> Decimal:
    if order.side != "buy":
        return ZERO
    fees: dict[str, Any] = order.fees or {}
    return Decimal(fees.get(base, 0))


def _ledger(bot: Bot, acts: Iterable[BotOrder], base: str) -> Ledger:
    """What is carried and, at the average cost, the other parts in the order of execution."""
    ledger = Ledger("average", [Lot(bot.carried, bot.carried_cost)] if bot.carried else [])
    fills = [fill for act in acts for fill in act.order.fills.all()]
    for fill in sorted(fills, key=lambda one: (one.executed_at, one.pk)):
        ledger.add_fill(part(fill, base))
    return ledger


def _position(ledger: Ledger) -> Position:
    return Position(quantity=ledger.quantity, cost=ledger.cost)


def part(fill: Fill, base: str) -> LedgerFill:
    """As far as what is held is concerned: what else was paid in fees is money's business."""
    kept = (fill.fee or ZERO) if fill.fee_currency == base and fill.side == "buy" else ZERO
    side: Any = fill.side
    return LedgerFill(side, fill.quantity, fill.price, fill.executed_at, fee_in_base=kept)
