"""Record income exactly once, however often and in whichever order its venue tells of it.

The constraint on the venue's id is the last word. Keys of one account whose venue has one wallet
are told the same lines; the account's keys are locked together, and whoever reads a line first
keeps it.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from bots.income.attribution import attribute_funding
from bots.income.moved import find_values
from bots.models import IncomeCursor, IncomeEntry
from exchanges import venues
from exchanges.base import StatementRow
from exchanges.models import ExchangeKey
from realtime.values import EXACT

LATE_FILLS: Final = timedelta(days=2)  # after which no fill of before is expected any more
PLACES: Final = Decimal(1).scaleb(-8)  # of values, which are estimates; amounts are exact


def record_income(
    key: ExchangeKey, rows: Sequence[StatementRow], *, read_at: datetime | None
) -> int:
    """Record what is new among the rows, and until when they were read; return how many.

    Without `read_at`, because a row could not be read, the next reading begins where this one did.
    """
    values = find_values({row.asset for row in rows}, simulated=key.is_paper, now=timezone.now())
    with transaction.atomic():
        keys = list(find_account_keys(key).select_for_update(no_key=True).order_by("pk"))
        if key not in keys:  # detached meanwhile
            return 0
        known = set(
            IncomeEntry.objects.filter(key__in=keys)
            .filter(venue_id__in=[row.id for row in rows])
            .values_list("venue_id", flat=True)
        )
        told = (row for row in rows if row.is_own and row.kind != "trade")
        new = {row.id: row for row in told if row.id not in known}
        entries = [_build_entry(key, row, values) for row in new.values() if row.amount]
        IncomeEntry.objects.bulk_create(entries)
        if read_at is not None:
            IncomeCursor.objects.update_or_create(key=key, defaults={"read_at": read_at})
        attribute_funding(key.pk, since=(read_at or timezone.now()) - LATE_FILLS)
    return len(entries)


def find_account_keys(key: ExchangeKey) -> QuerySet[ExchangeKey]:
    """Return the keys that are told the same lines as this one, and itself."""
    keys = ExchangeKey.objects.filter(user=key.user_id)
    if not venues.get(key.venue).one_wallet:
        return keys.filter(pk=key.pk)
    return keys.filter(venue=key.venue, api_key=key.api_key, is_paper=key.is_paper)


def _build_entry(key: ExchangeKey, row: StatementRow, values: Mapping[str, Decimal]) -> IncomeEntry:
    each = values.get(row.asset)
    return IncomeEntry(
        user_id=key.user_id,
        key=key,
        kind=row.kind,
        asset=row.asset,
        amount=row.amount,
        value=None if each is None else _round_value(EXACT.multiply(row.amount, each)),
        symbol=row.symbol,
        venue_id=row.id,
        at=row.at,
    )


def _round_value(value: Decimal) -> Decimal:
    return value.quantize(PLACES, context=EXACT)
