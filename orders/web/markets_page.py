"""The markets page: last known prices of the instruments a user trades or chose. Reads only."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from exchanges import venues
from exchanges.instruments import Instrument, parse
from exchanges.limits import venue_status
from exchanges.models import ExchangeKey, Symbol
from exchanges.prices import instrument_search
from exchanges.prices import latest as known
from exchanges.prices.instrument_search import find_symbols
from orders.web import market_choice, row_text
from orders.web.charts.market_day import read_day
from realtime import streams
from realtime.shapes.market import BookData, PriceData
from realtime.values import format_money
from users.http import current_user
from users.models import User

MAX_QUERY: Final = 100
Parts = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class MarketRow:
    """One instrument as the server renders it; markets.js updates it from there."""

    name: str
    instrument: Instrument
    label: str
    places: int  # behind the point, of its prices
    amount_places: int
    step: str  # of its prices
    price: PriceData | None
    book: BookData | None
    without: str  # the address of the page without this row

    @property
    def numbers(self) -> Mapping[str, Parts]:
        price, book = self.price, self.book
        top = book or price
        sizes = (book["bid_quantity"], book["ask_quantity"]) if book else (None, None)
        return {
            "last": row_text.split_number(price and price["last"], self.places),
            "bid": row_text.split_number(top and top["bid"], self.places),
            "ask": row_text.split_number(top and top["ask"], self.places),
            "spread": row_text.split_number(format_spread(top), self.places),
            "bid_quantity": row_text.split_number(sizes[0], self.amount_places),
            "ask_quantity": row_text.split_number(sizes[1], self.amount_places),
        }

    @property
    def at(self) -> str:
        return max((one["at"] for one in (self.price, self.book) if one), default="")

    @property
    def is_stale(self) -> bool:
        return any(one["stale"] for one in (self.price, self.book) if one)


@login_required
@require_GET
def show_markets(request: HttpRequest) -> HttpResponse:
    """Show the markets page.

    The stream offset is read first: what changes in between is sent again, which is harmless.
    """
    user, now = current_user(request), timezone.now()
    position, keys = streams.fetch_head(user.pk), list(ExchangeKey.objects.visible_to(user.pk))
    chosen = instrument_search.filter_well_formed(request.GET.getlist("i"))[
        : market_choice.MAX_SHOWN
    ]
    query = request.GET.get("q", "").replace("\x00", "").strip()[:MAX_QUERY]
    names = chosen or market_choice.choose_default(user)
    rows, refused = build_rows(names)
    context: dict[str, Any] = {
        "page": "markets",
        "position": position,
        "now": now,
        "keys": keys,
        "rows": rows,
        "refused": refused,
        "chosen": chosen,
        "names": names,
        "q": query,
        "found": _build_hits(user, query, names) if query else [],
        "price_places": max((row.places for row in rows), default=2),
        "amount_places": max((row.amount_places for row in rows), default=4),
        "waiting": venue_status.list_closed(keys, now=now),
        "simulated": any(row.instrument.is_paper for row in rows),
        "real": any(not row.instrument.is_paper for row in rows),
    }
    return render(request, "orders/markets.html", context)


@login_required
@require_GET
def show_day(request: HttpRequest, name: str) -> HttpResponse:
    """Show the last 24 hours of one market: a cell that the page's script asks for."""
    if not find_symbols(instrument_search.filter_well_formed([name])):
        raise Http404("This symbol is not traded at a venue of this installation.")
    return render(request, "orders/_market_day.html", {"day": read_day(name)})


def build_rows(names: list[str]) -> tuple[list[MarketRow], str]:
    shown, known_symbols = known.last_known(names), find_symbols(names)
    rows = [
        _build_row(name, known_symbols[name], shown, [one for one in names if one != name])
        for name in names
        if name in known_symbols
    ]
    return rows, shown.admission.reason


def _build_row(
    name: str, symbol: Symbol, shown: known.LatestPrices, others: Iterable[str]
) -> MarketRow:
    instrument = parse(name)
    return MarketRow(
        name=name,
        instrument=instrument,
        label=venues.get(instrument.venue).label,
        places=_count_places(symbol.price_step),
        amount_places=_count_places(symbol.quantity_step),
        step=format_money(symbol.price_step),
        price=shown.prices.get(name),
        book=shown.books.get(name),
        without=_build_address(others),
    )


def _build_hits(user: User, query: str, names: list[str]) -> list[dict[str, Any]]:
    hits = market_choice.search_instruments(user, query, excluded=names)
    return [
        {
            "name": name,
            "instrument": parse(name),
            "label": venues.get(parse(name).venue).label,
            "address": _build_address([*names, name]),
        }
        for name in hits
    ]


def format_spread(top: PriceData | BookData | None) -> str | None:
    if top is None or top["bid"] is None or top["ask"] is None:
        return None
    return format_money(Decimal(top["ask"]) - Decimal(top["bid"]))


def _count_places(step: Decimal) -> int:
    return len(format_money(step).partition(".")[2])


def _build_address(names: Iterable[str]) -> str:
    return f"?{urlencode([('i', name) for name in names])}"
