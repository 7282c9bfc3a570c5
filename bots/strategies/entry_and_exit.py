"""The cycle of dip and momentum: enter at a price, guard the position, pause, enter again."""

from datetime import datetime, timedelta
from typing import Annotated, Any

from bots.strategies.decisions import (
    Halt,
    Intent,
    Market,
    Place,
    Position,
    Sample,
    Slots,
    find_missed,
)
from bots.strategies.guards import GuardedEntry, Guards, protect_entry
from bots.strategies.settings import Input
from users.languages.text import Phrase

ENTRY = "entry"
LONGEST_MINUTES = 24 * 60
Cooldown = Annotated[int, Input("Pause after a sale", "min", least=0, most=LONGEST_MINUTES * 365)]


def recent_samples(market: Market, minutes: int, now: datetime) -> list[Sample] | None:
    """Return the samples of the last minutes, or None if they do not reach back that far."""
    since = now - timedelta(minutes=minutes)
    if not market.samples or min(sample.at for sample in market.samples) > since:
        return None
    return [sample for sample in market.samples if sample.at > since]


def decide_swing(
    entry_reason: str | None,
    settings: Any,
    position: Position,
    slots: Slots,
    market: Market,
    now: datetime,
) -> list[Intent]:
    """Decide on one entry at a time; an `entry_reason` of None: none is due now."""
    last, amount = slots.get(ENTRY), settings.amount
    if last is not None:
        if last.is_open:
            return []
        if halt := find_missed({ENTRY: last}):
            return [halt]
        guarded = GuardedEntry(Guards.from_settings(settings), last, market, now)
        intents, is_over = protect_entry(guarded, position, slots)
        if not is_over:
            return intents
        ended = max(order.ended_at or order.at for order in slots.values())
        if now < ended + timedelta(minutes=settings.cooldown_minutes):
            return []
    if entry_reason is None or market.price is None:
        return []
    quantity = market.quantity_for(amount, market.price)
    if not market.accepts_order(quantity, market.price):
        values = {"amount": f"{amount:f}", "quantity": f"{quantity:f}"}
        reason = Phrase(
            "%(amount)s buys %(quantity)s, which is less than the venue takes.", **values
        )
        return [Halt(reason=reason, is_error=True)]
    turn = last.turn + 1 if last else 1
    entry = Place(
        slot=ENTRY, turn=turn, side="buy", type="market", quantity=quantity, reason=entry_reason
    )
    return [entry]
