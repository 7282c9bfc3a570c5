"""Profit and loss of a period: by currency, bot and symbol, paper and live apart.

It is the definition of all pages: what the fills of the keys' books brought, less fees, with
funding and other income. Closed trades are those of bots/pnl/trade_books.py.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from bots.income import totals
from bots.income.totals import IncomeSums
from bots.models import IncomeEntry, PnlBook
from bots.pnl import summary as pnl_summary
from bots.pnl.summary import PnlCurrency
from bots.pnl.trade_books import find_trade_books
from operations.reports.figures.book_sums import BookSums, add_sums, sum_books
from operations.reports.periods import ReportPeriod
from orders.models import Fill
from realtime.values import EXACT, ZERO, format_money, format_money_or_none

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Profits:
    """Lists of what a period brought, the best first. Amounts are text with every digit."""

    results: list[Row]
    bots: list[Row]
    symbols: list[Row]


def find_profits(user_id: int, period: ReportPeriod, *, has_former: bool) -> Profits:
    """Return what a user's books brought; without `has_former` nothing is known from before."""
    books = list(PnlBook.objects.filter(user=user_id).select_related("key", "bot").defer("state"))
    incomes = _filter_income(user_id, period)
    sums = sum_books(books, since=period.since, until=period.until)
    totals_before = _sum_former(user_id, books, period.former) if has_former else None
    return Profits(
        results=_list_results(user_id, books, sums, incomes, totals_before, period),
        bots=_list_bots(books, sums, incomes),
        symbols=_list_symbols(books, sums),
    )


def _filter_income(user_id: int, period: ReportPeriod) -> QuerySet[IncomeEntry]:
    entries = totals.filter_income(user_id)
    return entries.filter(at__gte=period.since, at__lt=period.until)


def _sum_former(
    user_id: int, books: Sequence[PnlBook], period: ReportPeriod
) -> dict[PnlCurrency, Decimal]:
    """Return the total of each currency in the period before."""
    sums = sum_books(books, since=period.since, until=period.until)
    incomes = totals.sum_by_currency(_filter_income(user_id, period))
    found: dict[PnlCurrency, Decimal] = {}
    for currency, group in _group_key_books(books, sums).items():
        found[currency] = add_sums(sums[book.pk] for book in group).net
    for name, income in incomes.items():
        currency = PnlCurrency(*name)
        found[currency] = EXACT.add(found.get(currency, ZERO), income.both)
    return found


def _group_key_books(
    books: Iterable[PnlBook], sums: Mapping[int, BookSums]
) -> dict[PnlCurrency, list[PnlBook]]:
    """Group the books of keys that have fills: a fill is in one of them at most."""
    filled = (book for book in books if book.bot_id is None and book.pk in sums)
    return pnl_summary.group_by_currency(filled)


def _list_results(
    user_id: int,
    books: Sequence[PnlBook],
    sums: Mapping[int, BookSums],
    entries: QuerySet[IncomeEntry],
    before: Mapping[PnlCurrency, Decimal] | None,
    period: ReportPeriod,
) -> list[Row]:
    groups, incomes = _group_key_books(books, sums), totals.sum_by_currency(entries)
    uncounted = _find_uncounted(user_id, period)
    currencies = {*groups, *(PnlCurrency(*name) for name in incomes), *(before or ())}
    rows = []
    for currency in sorted(currencies):
        group = groups.get(currency, [])
        row = _describe_result(group, sums, incomes.get(currency, IncomeSums()))
        row["provisional"] = pnl_summary.is_provisional(group) or currency.simulated in uncounted
        row["total_before"] = None if before is None else format_money(before.get(currency, ZERO))
        rows.append({**currency._asdict(), **row})
    return rows


def _find_uncounted(user_id: int, period: ReportPeriod) -> set[bool]:
    """Tell whether fills of the period wait to be counted, live (False) and on paper (True)."""
    fills = Fill.objects.filter(user=user_id, executed_at__gte=period.since, is_counted=False)
    waiting = fills.filter(executed_at__lt=period.until).order_by()
    return set(waiting.values_list("key__is_paper", flat=True).distinct())


def _describe_result(
    books: Sequence[PnlBook], sums: Mapping[int, BookSums], income: IncomeSums
) -> Row:
    total = add_sums(sums[book.pk] for book in books)
    trades = add_sums(sums[book.pk] for book in find_trade_books(books) if book.pk in sums)
    return {
        "gross": format_money(total.gross),
        "fees": format_money(total.fees),
        "net": format_money(total.net),
        "funding": format_money(income.funding),
        "income": format_money(income.income),
        "total": format_money(EXACT.add(total.net, income.both)),
        "fills": total.fills,
        "rounds": trades.rounds,
        "wins": trades.wins,
        "losses": trades.losses,
        "best": format_money_or_none(trades.best),
        "worst": format_money_or_none(trades.worst),
    }


def _list_bots(
    books: Iterable[PnlBook], sums: Mapping[int, BookSums], entries: QuerySet[IncomeEntry]
) -> list[Row]:
    """List what each bot brought, with its income, as the comparison of bots does."""
    groups: dict[tuple[bool, str, int], list[BookSums]] = defaultdict(list)
    names: dict[int, str] = {}
    incomes = totals.sum_by_bot(entries)
    for book in books:
        if book.bot is None:
            continue
        group = (*pnl_summary.currency_of_book(book), book.bot.pk)
        if book.pk in sums or group in incomes:
            groups[group].append(sums.get(book.pk, BookSums()))
            names[book.bot.pk] = book.bot.name
    rows = []
    for (simulated, currency, bot_id), parts in groups.items():
        total = add_sums(parts)
        income = incomes.get((simulated, currency, bot_id), IncomeSums())
        row: Row = {"bot": bot_id, "name": names[bot_id], "simulated": simulated}
        row |= {"currency": currency, "fills": total.fills, "rounds": total.rounds}
        rows.append(row | {"total": format_money(EXACT.add(total.net, income.both))})
    return _sort_by_amount(rows, "total")


def _list_symbols(books: Iterable[PnlBook], sums: Mapping[int, BookSums]) -> list[Row]:
    """List what the trades of each symbol brought, after fees and before funding."""
    groups: dict[tuple[bool, str, str], list[BookSums]] = defaultdict(list)
    for currency, group in _group_key_books(books, sums).items():
        for book in group:
            groups[(*currency, book.symbol)].append(sums[book.pk])
    rows = []
    for (simulated, quote, symbol), parts in groups.items():
        total = add_sums(parts)
        row: Row = {"symbol": symbol, "simulated": simulated, "currency": quote}
        rows.append(row | {"fills": total.fills, "net": format_money(total.net)})
    return _sort_by_amount(rows, "net")


def _sort_by_amount(rows: list[Row], name: str) -> list[Row]:
    """Sort the best first, each currency apart."""
    return sorted(rows, key=lambda row: (row["simulated"], row["currency"], -Decimal(row[name])))
