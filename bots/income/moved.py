"""Sum up what an owner paid in and took out, in one currency: a portfolio's changes leave it out.

An entry is valued when it is recorded, minutes after it happened: a coin that rises after it was
paid in earns, and what it was worth then does not.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final

from bots.models import MOVED_BY_OWNER, IncomeEntry
from bots.prices import price_table
from bots.prices.conversion import convert
from realtime.values import EXACT

VALUED_IN: Final = "USDT"
Moved = Sequence[tuple[datetime, Decimal]]  # below zero it was taken out


def find_values(assets: Iterable[str], *, simulated: bool, now: datetime) -> dict[str, Decimal]:
    """Return what one of each asset is worth now, of those that have a price."""
    wanted = set(assets)
    others = wanted - {VALUED_IN}
    prices = price_table.read_stored(simulated=simulated, now=now) if others else {}
    rates = {
        name: convert(name, VALUED_IN, prices.get(price_table.ANY_MARKET, {})) for name in others
    }
    values = {name: rate.each for name, rate in rates.items() if rate}
    return values | ({VALUED_IN: Decimal(1)} if VALUED_IN in wanted else {})


def list_moved(
    user_id: int, *, simulated: bool, currency: str, since: datetime | None, now: datetime
) -> Moved:
    """Return what was moved since then, the oldest first.

    What had no price when it was recorded is valued at that of now.
    """
    entries = IncomeEntry.objects.filter(
        user=user_id, key__is_paper=simulated, kind__in=MOVED_BY_OWNER
    ).order_by("at", "id")
    rows = list(entries.filter(at__gte=since) if since else entries)
    if not rows:
        return ()
    unvalued = {row.asset for row in rows if row.value is None}
    values = find_values({*unvalued, currency}, simulated=simulated, now=now)
    each = values.get(currency)
    if not each:
        return ()
    found = [(row, _value_entry(row, values)) for row in rows]
    return [(row.at, EXACT.divide(value, each)) for row, value in found if value is not None]


def _value_entry(entry: IncomeEntry, values: dict[str, Decimal]) -> Decimal | None:
    known: Decimal | None = entry.value
    if known is not None:
        return known
    each = values.get(entry.asset)
    return None if each is None else EXACT.multiply(entry.amount, each)
