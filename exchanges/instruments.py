"""The names of what trades: `binance.spot:BTC/USDT`, or `binance.spot.paper:BTC/USDT`. Pure."""

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple


class VenueMarket(NamedTuple):
    """One market of one venue, real or simulated: what is polled, banned and limited as one."""

    venue: str
    market: str
    is_paper: bool

    def __str__(self) -> str:
        return f"{self.venue}.{self.market}{'.paper' if self.is_paper else ''}"

    @property
    def venue_market(self) -> "VenueMarket":
        """Itself, so that a function can take a key or a market."""
        return self


class Instrument(NamedTuple):
    """A symbol at one market of one venue, real or simulated."""

    venue: str
    market: str
    is_paper: bool
    symbol: str

    def __str__(self) -> str:
        return f"{self.venue_market}:{self.symbol}"

    @property
    def venue_market(self) -> VenueMarket:
        return VenueMarket(self.venue, self.market, self.is_paper)


def parse(name: str) -> Instrument:
    """Return the instrument of this name; raise ValueError if it names none."""
    place, colon, symbol = name.partition(":")
    venue, _, market = place.partition(".")
    market, dot, paper = market.partition(".")
    if not (colon and symbol and venue and market) or (dot and paper != "paper"):
        raise ValueError(f"{name!r} names no instrument")
    return Instrument(venue, market, bool(dot), symbol)


def group_by_market(names: Iterable[str]) -> dict[VenueMarket, set[str]]:
    """Return the symbols of these instruments, by their market."""
    symbols: dict[VenueMarket, set[str]] = defaultdict(set)
    for name in names:
        instrument = parse(name)
        symbols[instrument.venue_market].add(instrument.symbol)
    return symbols


def profit_currency(symbol: str) -> str:
    """Return the currency of profits: the quote, or of a contract its settlement currency."""
    pair, _, settle = symbol.partition(":")
    return settle.partition("-")[0] or pair.partition("/")[2]


def is_inverse(symbol: str) -> bool:
    """Tell whether a contract is settled in its coin, with quantities in the quote currency.

    PnL of these is not counted.
    """
    pair, colon, _ = symbol.partition(":")
    return bool(colon) and profit_currency(symbol) == pair.partition("/")[0]
