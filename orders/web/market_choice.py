"""Choose the instruments of the markets page: those a user searched, else those they trade."""

from collections.abc import Iterable
from typing import Final

from django.db.models import F, Func, Q, QuerySet, Value

from exchanges.instruments import Instrument, VenueMarket
from exchanges.models import ExchangeKey, Symbol
from exchanges.payloads import list_positions
from exchanges.prices import instrument_search
from exchanges.prices.instrument_search import find_symbols
from orders.models import Order
from users.models import User

MAX_SHOWN: Final = 50
DEFAULT_COUNT: Final = 12
RECENT_ORDERS: Final = 200  # the newest orders
MAX_HITS: Final = 24
COINS: Final = ("BTC", "ETH")


def choose_default(user: User) -> list[str]:
    """Return what a user holds and last traded, else the best-known markets at their venues."""
    positions = [
        (row.key.venue, row.key.market, row.key.is_paper, row.symbol)
        for row in list_positions(user.pk)
    ]
    fields = ("key__venue", "key__market", "key__is_paper", "symbol")
    orders = Order.objects.visible_to(user.pk)
    traded = orders.order_by("-id").values_list(*fields)[:RECENT_ORDERS]
    names = dict.fromkeys(str(Instrument(*row)) for row in (*positions, *traded))
    known = find_symbols(names)
    return [name for name in names if name in known][:DEFAULT_COUNT] or _list_best_known(user)


def list_favourites(user: User) -> list[str]:
    """Return the markets that a user marked, the first one first, that are traded here."""
    known = find_symbols(instrument_search.filter_well_formed(user.favourite_markets))
    return [name for name in user.favourite_markets if name in known]


def mark_favourite(user: User, name: str) -> None:
    """Put a market behind the other favourites, unless it is there or they are too many."""
    others = User.objects.filter(pk=user.pk).exclude(favourite_markets__contains=[name])
    _change_favourites(others.filter(favourite_markets__len__lt=MAX_SHOWN), "array_append", name)


def unmark_favourite(user: User, name: str) -> None:
    _change_favourites(User.objects.filter(pk=user.pk), "array_remove", name)


def _change_favourites(users: "QuerySet[User]", function: str, name: str) -> None:
    """Change the list where it is stored, so that two tabs do not undo each other's change."""
    users.update(favourite_markets=Func(F("favourite_markets"), Value(name), function=function))


def search_instruments(user: User, query: str, *, excluded: Iterable[str]) -> list[str]:
    """Search the venues where the user has keys; the shortest names come first."""
    symbols_found = instrument_search.search(_query_symbols(list_markets(user)), query)[:MAX_SHOWN]
    hits = [instrument_search.instrument_name(symbol) for symbol in symbols_found]
    shown = set(excluded)
    return sorted((name for name in hits if name not in shown), key=len)[:MAX_HITS]


def list_markets(user: User) -> list[VenueMarket]:
    keys = ExchangeKey.objects.visible_to(user.pk).filter(is_active=True)
    rows = keys.order_by("venue", "market", "is_paper").values_list("venue", "market", "is_paper")
    return [VenueMarket(*row) for row in rows.distinct()]


def _list_best_known(user: User) -> list[str]:
    known = _query_symbols(list_markets(user)).filter(base__in=COINS, quote="USDT")
    ordered = known.order_by("name", "venue")[:DEFAULT_COUNT]
    return [instrument_search.instrument_name(symbol) for symbol in ordered]


def _query_symbols(feeds: Iterable[VenueMarket]) -> "QuerySet[Symbol]":
    """Query the symbols of these markets; starts from no row, since an empty Q matches all."""
    condition = Q(pk=None)
    for feed in feeds:
        condition |= Q(**feed._asdict())
    return Symbol.objects.filter(condition)
