"""Sum up what an owner paid in and took out, in one currency: a portfolio's changes leave it out.

An entry is valued when it is recorded, minutes after it happened: a coin that rises after it was
paid in earns, and what it was worth then does not.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final

from django.db.models import OuterRef, Subquery
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce

from bots.models import MOVED_BY_OWNER, IncomeEntry, PortfolioValue
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
    """Return what was moved since then, the oldest first, at the rates of its own time.

    What had no price when it was recorded is valued at that of now.
    """
    entries = IncomeEntry.objects.filter(
        user=user_id, key__is_paper=simulated, kind__in=MOVED_BY_OWNER
    ).annotate(rate=_find_rate(user_id, simulated, currency))
    rows = list((entries.filter(at__gte=since) if since else entries).order_by("at", "id"))
    if not rows:
        return ()
    unvalued = {row.asset for row in rows if row.value is None}
    values = find_values({*unvalued, currency}, simulated=simulated, now=now)
    found = [(row.at, _value_entry(row, row.rate, currency, values)) for row in rows]
    return [(at, value) for at, value in found if value is not None]


def _find_rate(user_id: int, simulated: bool, currency: str) -> Coalesce:
    """Find what one of the currency was worth then: by the first value recorded after it."""
    values = PortfolioValue.objects.filter(user=user_id, is_paper=simulated)
    rate = KeyTextTransform(currency, "rates")
    after = values.filter(at__gte=OuterRef("at")).order_by("at").values_list(rate)
    before = values.filter(at__lt=OuterRef("at")).order_by("-at").values_list(rate)
    return Coalesce(Subquery(after[:1]), Subquery(before[:1]))


def _value_entry(
    entry: IncomeEntry, rate: str | None, currency: str, values: dict[str, Decimal]
) -> Decimal | None:
    """Return an entry's value in the currency; None if no price is known."""
    if entry.asset == currency:
        amount: Decimal = entry.amount
        return amount
    each = Decimal(1) if currency == VALUED_IN else values.get(currency)
    if entry.value is not None:
        then = Decimal(rate) if rate and currency != VALUED_IN else each
        return EXACT.divide(entry.value, then) if then else None
    price = values.get(entry.asset)
    return EXACT.divide(EXACT.multiply(entry.amount, price), each) if price and each else None
