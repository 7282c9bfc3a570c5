"""Sums of income, each currency apart, paper and live apart: what is profit or loss, and no more.

Deposits, withdrawals and transfers are in none of these sums. See bots/income/moved.py for them.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet, Sum
from django.db.models.functions import TruncDate

from bots.models import MOVED_BY_OWNER, IncomeEntry, IncomeKind
from realtime.values import EXACT, ZERO

IncomeCurrency = tuple[bool, str]  # simulated, and the asset


@dataclass(frozen=True, slots=True)
class IncomeSums:
    """Funding, and all other income together; below zero it was paid."""

    funding: Decimal = ZERO
    income: Decimal = ZERO

    @property
    def both(self) -> Decimal:
        return EXACT.add(self.funding, self.income)

    def add(self, kind: str, amount: Decimal) -> "IncomeSums":
        if kind == IncomeKind.FUNDING:
            return IncomeSums(EXACT.add(self.funding, amount), self.income)
        return IncomeSums(self.funding, EXACT.add(self.income, amount))


def filter_income(
    user_id: int,
    *,
    bot: int | None = None,
    key: int | None = None,
    since: date | None = None,
    until: date | None = None,
) -> QuerySet[IncomeEntry]:
    """Return the entries of a bot, a key or all keys, within whole days (UTC)."""
    entries = IncomeEntry.objects.filter(user=user_id).exclude(kind__in=MOVED_BY_OWNER).order_by()
    bounds = {
        "bot": bot,
        "key": key,
        "at__gte": since and _start_day(since),
        "at__lt": until and _start_day(until + timedelta(days=1)),
    }
    return entries.filter(**{name: value for name, value in bounds.items() if value is not None})


def sum_by_currency(entries: QuerySet[IncomeEntry]) -> dict[IncomeCurrency, IncomeSums]:
    return _add_up(entries.values_list("key__is_paper", "asset", "kind").annotate(Sum("amount")))


def sum_by_bot(entries: QuerySet[IncomeEntry]) -> dict[tuple[bool, str, int], IncomeSums]:
    rows = entries.filter(bot__isnull=False).values_list("key__is_paper", "asset", "bot", "kind")
    return _add_up(rows.annotate(Sum("amount")))


def sum_by_day(
    entries: QuerySet[IncomeEntry],
) -> dict[IncomeCurrency, dict[date, IncomeSums]]:
    """Return the sums of each day (UTC) on which there was any."""
    on = TruncDate("at", tzinfo=UTC)
    rows = entries.annotate(on=on).values_list("key__is_paper", "asset", "on", "kind")
    days: dict[IncomeCurrency, dict[date, IncomeSums]] = defaultdict(dict)
    for (simulated, asset, day), sums in _add_up(rows.annotate(Sum("amount"))).items():
        days[simulated, asset][day] = sums
    return days


def sum_all(days: Mapping[date, IncomeSums]) -> IncomeSums:
    total = IncomeSums()
    for sums in days.values():
        total = IncomeSums(
            EXACT.add(total.funding, sums.funding), EXACT.add(total.income, sums.income)
        )
    return total


def _add_up(rows: Iterable[tuple[Any, ...]]) -> dict[Any, IncomeSums]:
    """Add rows up that end with the kind and the amount; what stands before is their group."""
    sums: dict[Any, IncomeSums] = {}
    for *group, kind, amount in rows:
        sums[tuple(group)] = sums.get(tuple(group), IncomeSums()).add(kind, amount)
    return sums


def _start_day(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)
