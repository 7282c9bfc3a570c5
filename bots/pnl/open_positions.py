"""Open positions of PnL books and their unrealised profit, with the age of the price used."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, localcontext
from typing import Any

from bots.models import PnlBook
from bots.pnl.lots import SMALLEST
from bots.prices import market_view, price_table
from exchanges.models import Position
from realtime.prices import OLDEST, Quote, read_quotes
from realtime.values import EXACT, ZERO, format_money, format_money_or_none, format_time_or_none


@dataclass(frozen=True, slots=True)
class OpenPosition:
    """The open position of a book; a short one has a quantity and a cost below zero.

    Without a price `unrealised` is None: unknown is not zero.
    """

    book: PnlBook
    quantity: Decimal
    average: Decimal
    price: Decimal | None
    price_at: datetime | None
    age: Decimal | None  # of the price, in seconds
    is_stale: bool  # the price is too old to act on, or unknown
    unrealised: Decimal | None  # before the fees of closing


def value_positions(
    books: Iterable[PnlBook], *, now: datetime, patience: float = 0.0
) -> list[OpenPosition]:
    """Return the open position of each book, largest cost first, and keep their prices followed.

    With patience, wait so many seconds for the first price of what nobody watched until now.
    """
    holding = [book for book in books if book.held]
    names = {book.pk: market_view.instrument_name(book.key, book.symbol) for book in holding}
    market_view.watch_for_quotes(names.values(), seconds=patience)
    quotes = find_quotes(holding, names, now=now)
    positions = [_value_position(book, quotes.get(names[book.pk]), now) for book in holding]
    return sorted(positions, key=lambda position: (-abs(position.book.cost), position.book.pk))


def find_quotes(
    books: Iterable[PnlBook], names: Mapping[int, str], *, now: datetime
) -> dict[str, Quote]:
    """Return the price of each book's instrument, the same one that other pages show.

    A contract has the mark of its position, so that its profit is the same here and there; an old
    mark is stale in both places. What no stream tells of has the price that its market was last
    asked for.
    """
    quotes = read_quotes(sorted(set(names.values())), now=now) | _read_marks(books, names, now)
    stored = price_table.read_own_prices(set(names.values()) - quotes.keys(), now=now)
    return quotes | {
        name: Quote(price.price, price.at, price.at <= now - OLDEST)
        for name, price in stored.items()
    }


def _read_marks(
    books: Iterable[PnlBook], names: Mapping[int, str], now: datetime
) -> dict[str, Quote]:
    contracts = {(book.key_id, book.symbol): names[book.pk] for book in books if ":" in book.symbol}
    if not contracts:
        return {}
    keys = {key_id for key_id, _ in contracts}
    rows = Position.objects.filter(key__in=keys, mark_at__isnull=False).order_by("mark_at")
    return {
        name: Quote(row.mark_price, row.mark_at, row.mark_at <= now - OLDEST)
        for row in rows
        if row.mark_price is not None
        and row.mark_at is not None
        and (name := contracts.get((row.key_id, row.symbol)))
    }


def total_unrealised(positions: Sequence[OpenPosition]) -> dict[str, Any]:
    """Add up positions of one PnlCurrency, and contracts and coins apart.

    One without a price makes its sums unknown.
    """
    ages = [one.age for one in positions if one.age is not None]
    unpriced = sorted({one.book.symbol for one in positions if one.unrealised is None})
    return {
        "value": format_money_or_none(_sum_gains(positions)),
        "contracts": format_money_or_none(
            _sum_gains(one for one in positions if ":" in one.book.symbol)
        ),
        "coins": format_money_or_none(
            _sum_gains(one for one in positions if ":" not in one.book.symbol)
        ),
        "age": format_money(max(ages)) if ages else None,
        "stale": any(one.is_stale for one in positions),
        "unpriced": unpriced,
    }


def _sum_gains(positions: Iterable[OpenPosition]) -> Decimal | None:
    gains = [one.unrealised for one in positions]
    with localcontext(EXACT):
        return None if None in gains else sum((gain for gain in gains if gain is not None), ZERO)


def open_position_data(position: OpenPosition) -> dict[str, Any]:
    book = position.book
    return {
        "bot": book.bot_id,
        "key": book.key_id,
        "symbol": book.symbol,
        "simulated": book.key.is_paper,
        "currency": book.quote,
        "quantity": format_money(position.quantity),
        "average": format_money(position.average),
        "cost": format_money(book.cost),
        "price": format_money_or_none(position.price),
        "price_at": format_time_or_none(position.price_at),
        "age": format_money_or_none(position.age),
        "stale": position.is_stale,
        "unrealised": format_money_or_none(position.unrealised),
    }


def _value_position(book: PnlBook, quote: Quote | None, now: datetime) -> OpenPosition:
    with localcontext(EXACT):
        average = (book.cost / book.held).quantize(SMALLEST)
        if quote is None:
            return OpenPosition(book, book.held, average, None, None, None, True, None)
        seconds = (now - quote.at).total_seconds()
        age = max(ZERO, Decimal(seconds).quantize(Decimal("0.001")))
        gain = (book.held * quote.price - book.cost).quantize(SMALLEST)
    return OpenPosition(book, book.held, average, quote.price, quote.at, age, quote.is_stale, gain)
