"""What can be watched here, and what was last said of it."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final, cast

from django.db.models import Q, QuerySet, Value
from django.db.models.functions import Concat

from exchanges.instruments import Instrument, named
from exchanges.models import Symbol
from realtime import prices as realtime_prices
from realtime.shapes import BookData, PriceData
from realtime.watchlist import LONGEST, Admission

FOUND: Final = 30


@dataclass(frozen=True, slots=True)
class Shown:
    """The newest of each instrument, and which of them are watched from now on."""

    admission: Admission
    prices: dict[str, PriceData] = field(default_factory=dict)
    books: dict[str, BookData] = field(default_factory=dict)


def last_known(names: Iterable[str]) -> Shown:
    """To look is to watch for a while: whoever looks again soon finds what is new."""
    admission = realtime_prices.admit(list(names)[:LONGEST])
    shown = Shown(admission)
    for kind, name, frame in realtime_prices.begin(admission.instruments):
        data: Any = json.loads(frame)["data"]
        if kind == "price_update":
            shown.prices[name] = cast(PriceData, data)
        else:
            shown.books[name] = cast(BookData, data)
    return shown


def searched(symbols: "QuerySet[Symbol]", words: str) -> "QuerySet[Symbol]":
    """Each word is in the symbol as it is written, or as a venue writes it: btc usdt, BTCUSDT."""
    symbols = symbols.annotate(together=Concat("base", Value(""), "quote"))
    for word in words.split():
        symbols = symbols.filter(Q(name__icontains=word) | Q(together__icontains=word))
    return symbols


def instrument_of(symbol: Symbol) -> str:
    return str(Instrument(symbol.venue, symbol.market, symbol.is_paper, symbol.name))


def well_named(names: Iterable[str]) -> list[str]:
    """Each once, in their order; what is no instrument's name is left out."""
    return [name for name in dict.fromkeys(names) if _is_name(name)]


def _is_name(name: str) -> bool:
    try:
        named(name)
    except ValueError:
        return False
    return True
