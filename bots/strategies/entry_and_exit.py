"""What dip and momentum share: an entry by the price, guards until it is over, a pause, again."""

from datetime import datetime, timedelta
from decimal import Decimal

from bots.strategies.guards import Guarded, Guards, guard
from bots.strategies.types import Halt, Intent, Lanes, Market, Place, Position, Sample, missed

ENTRY = "entry"


def window(market: Market, minutes: int, now: datetime) -> list[Sample] | None:
    """The samples of the last minutes; None as long as they do not reach back that far."""
    since = now - timedelta(minutes=minutes)
    if not market.samples or min(one.at for one in market.samples) > since:
        return None
    return [one for one in market.samples if one.at > since]


def swing(
    *,
    guards: Guards,
    enters: str | None,
    amount: Decimal,
    cooldown_minutes: int,
    position: Position,
    lanes: Lanes,
    market: Market,
    now: datetime,
) -> list[Intent]:
    """One entry at a time; `enters` says why one is due now, None that it is not."""
    last = lanes.get(ENTRY)
    if last is not None and last.is_open:
        return []
    if last is not None and (halt := missed({ENTRY: last})):
        return [halt]
    if last is not None:
        intents, over = guard(Guarded(guards, last, market, now), position, lanes)
        if not over:
            return intents
        ended = max(one.ended_at or one.at for one in lanes.values())
        if now < ended + timedelta(minutes=cooldown_minutes):
            return []
    if enters is None or market.price is None:
        return []
    quantity = market.worth(amount, market.price)
    if not market.takes(quantity, market.price):
        words = f"{amount:f} buys {quantity:f}, which is less than the venue takes."
        return [Halt(words=words, is_error=True)]
    turn = last.turn + 1 if last else 1
    return [
        Place(slot=ENTRY, turn=turn, side="buy", type="market", quantity=quantity, reason=enters)
    ]
