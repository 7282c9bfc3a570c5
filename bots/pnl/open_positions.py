"""What is still held, and what it would bring now: never without saying how old the price is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, localcontext
from typing import Any

from bots.models import PnlBook
from bots.pnl.lots import CENTS
from bots.prices import market_view
from orders.payloads import moment_or_none, money_or_none
from realtime.values import EXACT, ZERO, format_money


@dataclass(frozen=True, slots=True)
class Held:
    """Of one book. A short position has a quantity and a cost below zero.

    Without a price there is no `unrealised`: nobody knows is not zero.
    """

    book: PnlBook
    quantity: Decimal
    average: Decimal
    price: Decimal | None
    price_at: datetime | None
    age: Decimal | None  # of the price, in seconds
    is_stale: bool  # too old to act on, or not known
    unrealised: Decimal | None  # before the fees of closing


def unrealised(books: Iterable[PnlBook], *, now: datetime) -> list[Held]:
    """For each book that holds something, the largest cost first. Their prices are followed on."""
    holding = [book for book in books if book.held]
    names = {book.pk: market_view.name_at(book.key, book.symbol) for book in holding}
    market_view.watch(set(names.values()))
    quotes = market_view.quotes(sorted(set(names.values())), now=now)
    found = [_held(book, quotes.get(names[book.pk]), now) for book in holding]
    return sorted(found, key=lambda one: (-abs(one.book.cost), one.book.pk))


def together(found: Sequence[Held]) -> dict[str, Any]:
    """Of books of one purse. One that has no price leaves the sum unknown, and is named."""
    ages = [one.age for one in found if one.age is not None]
    unpriced = sorted({one.book.symbol for one in found if one.unrealised is None})
    with localcontext(EXACT):
        whole = sum((one.unrealised for one in found if one.unrealised is not None), ZERO)
    return {
        "value": None if unpriced else format_money(whole),
        "age": format_money(max(ages)) if ages else None,
        "stale": any(one.is_stale for one in found),
        "unpriced": unpriced,
    }


def told(one: Held) -> dict[str, Any]:
    book = one.book
    return {
        "bot": book.bot_id,
        "key": book.key_id,
        "symbol": book.symbol,
        "simulated": book.key.is_paper,
        "currency": book.quote,
        "quantity": format_money(one.quantity),
        "average": format_money(one.average),
        "cost": format_money(book.cost),
        "price": money_or_none(one.price),
        "price_at": moment_or_none(one.price_at),
        "age": money_or_none(one.age),
        "stale": one.is_stale,
        "unrealised": money_or_none(one.unrealised),
    }


def _held(book: PnlBook, quote: market_view.Quote | None, now: datetime) -> Held:
    with localcontext(EXACT):
        average = (book.cost / book.held).quantize(CENTS)
        if quote is None:
            return Held(book, book.held, average, None, None, None, True, None)
        seconds = (now - quote.at).total_seconds()
        age = max(ZERO, Decimal(seconds).quantize(Decimal("0.001")))
        gain = (book.held * quote.price - book.cost).quantize(CENTS)
    return Held(book, book.held, average, quote.price, quote.at, age, quote.is_stale, gain)
