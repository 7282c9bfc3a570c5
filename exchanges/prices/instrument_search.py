"""Find the symbols that trade at this installation's venues, by instrument name or search text."""

from collections.abc import Iterable

from django.db.models import Q, QuerySet, Value
from django.db.models.functions import Concat

from exchanges.instruments import Instrument, group_by_market, parse
from exchanges.models import Symbol


def find_symbols(names: Iterable[str]) -> dict[str, Symbol]:
    """Return the known symbols among these instruments, by instrument name."""
    by_name: dict[str, Symbol] = {}
    for market, symbols in group_by_market(names).items():
        rows = Symbol.objects.filter(name__in=symbols, **market._asdict())
        by_name |= {instrument_name(row): row for row in rows}
    return by_name


def filter_known(names: frozenset[str]) -> frozenset[str]:
    """Return the names of instruments that trade at a venue of this installation."""
    return frozenset(find_symbols(names))


def filter_well_formed(names: Iterable[str]) -> list[str]:
    """Return each instrument name once, in order, without those that cannot be one."""
    return [name for name in dict.fromkeys(names) if _is_name(name)]


def search(symbols: "QuerySet[Symbol]", text: str) -> "QuerySet[Symbol]":
    """Match each word as we write a symbol, or as a venue does: btc usdt, BTCUSDT."""
    symbols = symbols.annotate(together=Concat("base", Value(""), "quote"))
    for word in text.split():
        symbols = symbols.filter(Q(name__icontains=word) | Q(together__icontains=word))
    return symbols


def instrument_name(symbol: Symbol) -> str:
    return str(Instrument(*symbol.venue_market, symbol.name))


def _is_name(name: str) -> bool:
    try:
        parse(name)
    except ValueError:
        return False
    return True
