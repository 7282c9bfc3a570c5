"""A bot's orders as its strategy sees them: the newest of each lane, and what all of them hold."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Prefetch, QuerySet

from bots.ledger import Ledger, Part
from bots.models import Act, Bot
from bots.strategies.words import ZERO, Placed, Position
from orders import endings, states
from orders.models import Fill, Order


@dataclass(frozen=True, slots=True)
class Seen:
    """All that is known of a run right now. Acts are the orders' own, not copies."""

    acts: dict[str, Act]  # the newest of each lane
    lanes: dict[str, Placed]
    position: Position
    open: list[Act]


def see(bot: Bot) -> Seen:
    """In few queries, however long the run is: what was counted is not read again."""
    acts = list(_acts(bot).filter(is_counted=False))
    newest = {act.lane: act for act in _acts(bot).filter(is_newest=True)}
    base = bot.symbol.partition("/")[0]
    placed = {lane: _placed(act, base) for lane, act in newest.items()}
    waiting = [act for act in acts if act.order.status in states.OPEN]
    return Seen(newest, placed, _position(acts, base), waiting)


def count_settled(bot: Bot, seen: Seen) -> None:
    """Nothing is held and nothing is open: what has been so far need not be added up again."""
    if seen.position.quantity == 0 and not any(one.is_open for one in seen.lanes.values()):
        bot.acts.filter(run=bot.run, is_counted=False).update(is_counted=True)


def _acts(bot: Bot) -> QuerySet[Act]:
    fills = Prefetch("order__fills", Fill.objects.order_by("executed_at", "pk"))
    return (
        bot.acts.filter(run=bot.run).select_related("order").prefetch_related(fills).order_by("pk")
    )


def _placed(act: Act, base: str) -> Placed:
    order = act.order
    return Placed(
        lane=act.lane,
        turn=act.turn,
        side=order.side,  # type: ignore[arg-type]  # held to Side by the database
        type=order.type,  # type: ignore[arg-type]
        quantity=order.quantity,
        filled=order.filled,
        cost=order.cost,
        price=order.price,
        is_open=not _is_settled(order),
        by_us=act.is_unwanted or order.ended_by == endings.BOT,
        at=order.created_at,
        ended_at=order.ended_at,
        words=order.ended_reason or dict(endings.LABELS).get(order.ended_by, ""),
        kept_back=_kept_back(order, base),
    )


def _is_settled(order: Order) -> bool:
    """Ended, and every part of it is known with its fee: nothing of it will change any more."""
    is_known = order.fills_quantity >= order.filled and not order.lacks_fees
    return order.status not in states.OPEN and is_known


def _kept_back(order: Order, base: str) -> Decimal:
    if order.side != "buy":
        return ZERO
    fees: dict[str, Any] = order.fees or {}
    return Decimal(fees.get(base, 0))


def _position(acts: Iterable[Act], base: str) -> Position:
    """At the average cost, part by part in the order of execution."""
    ledger = Ledger("average")
    fills = [fill for act in acts for fill in act.order.fills.all()]
    for fill in sorted(fills, key=lambda one: (one.executed_at, one.pk)):
        ledger.take(part(fill, base))
    return Position(quantity=ledger.quantity, cost=ledger.cost)


def part(fill: Fill, base: str) -> Part:
    """As far as what is held is concerned: what else was paid in fees is money's business."""
    kept = (fill.fee or ZERO) if fill.fee_currency == base and fill.side == "buy" else ZERO
    side: Any = fill.side
    return Part(side, fill.quantity, fill.price, fill.executed_at, fee_in_base=kept)
