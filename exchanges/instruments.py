"""The names of what trades: `binance.spot:BTC/USDT`, or `binance.spot.paper:BTC/USDT`."""

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from exchanges.models import Symbol


class Feed(NamedTuple):
    """One market of one venue, real or simulated."""

    venue: str
    market: str
    is_paper: bool

    def __str__(self) -> str:
        return f"{self.venue}.{self.market}{'.paper' if self.is_paper else ''}"


class Instrument(NamedTuple):
    """A symbol at one market of one venue, real or simulated."""

    venue: str
    market: str
    is_paper: bool
    symbol: str

    def __str__(self) -> str:
        return f"{self.feed}:{self.symbol}"

    @property
    def feed(self) -> Feed:
        return Feed(self.venue, self.market, self.is_paper)


def named(name: str) -> Instrument:
    """The instrument of this name; ValueError if it is no such name."""
    feed, colon, symbol = name.partition(":")
    venue, _, market = feed.partition(".")
    market, dot, paper = market.partition(".")
    if not (colon and symbol and venue and market) or (dot and paper != "paper"):
        raise ValueError(f"{name!r} names no instrument")
    return Instrument(venue, market, bool(dot), symbol)


def known(names: frozenset[str]) -> frozenset[str]:
    """Those of the names that trade at a venue of this installation."""
    return frozenset(symbols(names))


def symbols(names: Iterable[str]) -> dict[str, Symbol]:
    """What is known of those that trade at a venue of this installation."""
    feeds: dict[Feed, set[str]] = defaultdict(set)
    for name in names:
        instrument = named(name)
        feeds[instrument.feed].add(instrument.symbol)
    found: dict[str, Symbol] = {}
    for feed, some in feeds.items():
        there = Symbol.objects.filter(name__in=some, **feed._asdict())
        found |= {str(Instrument(*feed, symbol.name)): symbol for symbol in there}
    return found
