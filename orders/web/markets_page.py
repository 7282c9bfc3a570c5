"""The markets page: last known prices of the instruments a user trades or chose. Reads only."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from exchanges import venues
from exchanges.instruments import Instrument, parse
from exchanges.limits import venue_status
from exchanges.models import ExchangeKey, Symbol
from exchanges.prices import instrument_search
from exchanges.prices import latest as known
from exchanges.prices.instrument_search import find_symbols
from orders.web import market_choice, market_sort, row_text
from orders.web.charts.market_day import MarketDay, list_days, read_day
from realtime import streams
from realtime.shapes.market import BookData, PriceData
from realtime.values import format_money
from users.http import current_user, is_fetch
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
    day: MarketDay | None
    is_favourite: bool
    without: str  # the address of the page without this row

    @property
    def numbers(self) -> Mapping[str, Parts]:
        price, book, top = self.price, self.book, self.top
        sizes = (book["bid_quantity"], book["ask_quantity"]) if book else (None, None)
        return {
            "last": row_text.split_number(price and price["last"], self.places),
            "bid": row_text.split_number(top and top["bid"], self.places),
            "ask": row_text.split_number(top and top["ask"], self.places),
            "spread": row_text.split_number(self.spread, self.places),
            "bid_quantity": row_text.split_number(sizes[0], self.amount_places),
            "ask_quantity": row_text.split_number(sizes[1], self.amount_places),
        }

    @property
    def top(self) -> BookData | PriceData | None:
        return self.book or self.price

    @property
    def spread(self) -> str | None:
        return format_spread(self.top)

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
    favourites, sort = market_choice.list_favourites(user), _read_sort(request)
    names = chosen or market_choice.choose_default(user)
    rows, refused = build_rows(names, favourites=favourites, sort=sort)
    context: dict[str, Any] = {
        "page": "markets",
        "position": position,
        "now": now,
        "keys": keys,
        "rows": rows,
        "refused": refused,
        "chosen": chosen,
        "names": [name for name in names if name not in favourites],
        "heads": _build_heads(chosen, sort),
        "sort": sort,
        "q": query,
        "found": _build_hits(user, query, names, favourites) if query else [],
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
        raise Http404(_("This symbol is not traded at a venue of this installation."))
    return render(request, "orders/_market_day.html", {"day": read_day(name)})


@login_required
@require_POST
def change_favourite(request: HttpRequest) -> HttpResponse:
    """Put a market first in the list of this person, or back among the others."""
    user, name = current_user(request), request.POST.get("name", "")
    if not find_symbols(instrument_search.filter_well_formed([name])):
        raise Http404("This symbol is not traded at a venue of this installation.")
    if request.POST.get("mark") == "on":
        market_choice.mark_favourite(user, name)
    else:
        market_choice.unmark_favourite(user, name)
    if is_fetch(request):
        return HttpResponse(status=204)
    chosen = instrument_search.filter_well_formed(request.POST.getlist("i"))
    return redirect(f"{reverse('markets')}{_build_address(chosen, sort=_read_sort(request))}")


def build_rows(
    names: Iterable[str], *, favourites: Sequence[str] = (), sort: str = ""
) -> tuple[list[MarketRow], str]:
    """Build the rows: favourites first, and then the others, each kind in the order wanted."""
    shown_names = list(dict.fromkeys((*favourites, *names)))[: market_choice.MAX_SHOWN]
    shown, known_symbols = known.last_known(shown_names), find_symbols(shown_names)
    days = list_days(shown_names)
    others = [name for name in names if name not in favourites]
    rows = [
        _build_row(
            name,
            known_symbols[name],
            shown,
            days.get(name),
            is_favourite=name in favourites,
            without=_build_address((one for one in others if one != name), sort=sort),
        )
        for name in shown_names
        if name in known_symbols
    ]
    return market_sort.sort_rows(rows, sort), shown.admission.reason


def _build_row(
    name: str,
    symbol: Symbol,
    shown: known.LatestPrices,
    day: MarketDay | None,
    *,
    is_favourite: bool,
    without: str,
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
        day=day,
        is_favourite=is_favourite,
        without=without,
    )


def _build_hits(
    user: User, query: str, names: list[str], favourites: list[str]
) -> list[dict[str, Any]]:
    hits = market_choice.search_instruments(user, query, excluded=[*favourites, *names])
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


def _build_heads(chosen: list[str], sort: str) -> list[dict[str, Any]]:
    """Build the heads of the columns: a link sorts what is shown now."""
    return [
        {
            "column": head.column,
            "direction": head.direction,
            "address": _build_address(chosen, sort=head.sort),
        }
        for head in market_sort.build_heads(sort)
    ]


def _read_sort(request: HttpRequest) -> str:
    values = request.POST if request.method == "POST" else request.GET
    return market_sort.clean_sort(values.get("sort", ""))


def _build_address(names: Iterable[str], *, sort: str = "") -> str:
    wanted = [("i", name) for name in names]
    return f"?{urlencode(wanted + ([('sort', sort)] if sort else []))}"
