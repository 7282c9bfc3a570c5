"""What is known of the instruments of one feed, and what of it is news for whoever watches. Pure.

A feed is one market of one venue, real or simulated. What its venue said is kept in the venue's
own digits; only the newest counts, so however often it speaks, one frame of each kind goes out.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final, NamedTuple

from realtime import frames
from realtime.shapes import BookData, PriceData
from realtime.values import format_money, format_time

Level = tuple[str, str]  # price and amount; empty texts where there is none
NONE: Final[Level] = ("", "")
PRICE: Final = "price_update"
BOOK: Final = "book_update"
News = tuple[frames.MarketType, frames.MarketData]


class Traded(NamedTuple):
    """The last price of an instrument, by its venue's name for it; `at` in milliseconds."""

    name: str
    last: str
    at: int | None


class Top(NamedTuple):
    """The best bid and the best ask; None is as before."""

    name: str
    bid: Level | None
    ask: Level | None
    at: int | None


Said = Traded | Top


@dataclass(slots=True)
class Quote:
    """An instrument as it was last heard of. Times: the venue's or ours, and our own clock."""

    heard: float
    last: str = ""
    bid: Level = NONE  # amounts in coins
    ask: Level = NONE
    at: str = ""
    stale: bool = False
    told: bool = True  # by this process: what another said, its watchers may have lost
    news: set[frames.MarketType] = field(default_factory=set)


class Board:
    """The instruments of one feed."""

    def __init__(self, feed: str, *, simulated: bool) -> None:
        self.feed, self.simulated = feed, simulated
        self.quotes: dict[str, Quote] = {}
        self.sizes: dict[str, Decimal] = {}  # of contracts, where the venue counts those

    def follow(self, symbols: Collection[str], *, now: float) -> list[str]:
        """These from now on, and of the others nothing more; says which of them are new."""
        for symbol in self.quotes.keys() - symbols:
            del self.quotes[symbol]
        new = [symbol for symbol in symbols if symbol not in self.quotes]
        self.quotes |= {symbol: Quote(now) for symbol in new}
        return new

    def recall(self, kind: str, data: Mapping[str, Any]) -> None:
        """What another process had said: so this one can say that it is old, or true again."""
        quote = self.quotes.get(data["instrument"].partition(":")[2])
        if quote is None:
            return
        if kind == PRICE:
            quote.last = quote.last or data["last"]
        elif (quote.bid, quote.ask) == (NONE, NONE):
            quote.bid = data["bid"] or "", data["bid_quantity"] or ""
            quote.ask = data["ask"] or "", data["ask_quantity"] or ""
        if not quote.at:
            quote.at, quote.told = data["at"], False

    def hear(self, symbol: str, said: Said, *, now: float, clock: datetime) -> None:
        quote = self.quotes.get(symbol)
        if quote is None:
            return  # its last words, after nobody wants it any more
        before = quote.last, quote.bid, quote.ask
        if isinstance(said, Traded):
            quote.last = said.last
        else:
            quote.bid = quote.bid if said.bid is None else self._in_coins(symbol, said.bid)
            quote.ask = quote.ask if said.ask is None else self._in_coins(symbol, said.ask)
        quote.heard = now
        unsure = quote.stale or not quote.told
        if unsure or before != (quote.last, quote.bid, quote.ask):
            quote.at = format_time(clock if said.at is None else _moment(said.at))
            quote.stale = False
            self._tell(quote, price_only=isinstance(said, Traded) and not unsure)

    def broke(self) -> None:
        """Nothing is heard any more: all that was said is old."""
        for quote in self.quotes.values():
            self._grow_stale(quote)

    def grow_old(self, *, now: float, after: float) -> None:
        """What was not heard of for so long is not what it says any more."""
        for quote in self.quotes.values():
            if now - quote.heard > after:
                self._grow_stale(quote)

    def news(self) -> list[News]:
        """What has changed since it was last asked, as it is now."""
        found: list[News] = []
        for symbol, quote in self.quotes.items():
            if not quote.news:
                continue
            if PRICE in quote.news and exact(quote.last):
                found.append((PRICE, self._price(symbol, quote)))
            if BOOK in quote.news and (quote.bid[0] or quote.ask[0] or quote.stale):
                found.append((BOOK, self._book(symbol, quote)))
            quote.news.clear()
        return found

    # Inside

    def _grow_stale(self, quote: Quote) -> None:
        if quote.at and not (quote.stale and quote.told):
            quote.stale = True
            self._tell(quote)

    def _tell(self, quote: Quote, *, price_only: bool = False) -> None:
        quote.told = True
        quote.news.add(PRICE)
        if not price_only:
            quote.news.add(BOOK)

    def _price(self, symbol: str, quote: Quote) -> PriceData:
        return PriceData(
            instrument=f"{self.feed}:{symbol}",
            simulated=self.simulated,
            last=exact(quote.last) or "0",
            bid=exact(quote.bid[0]),
            ask=exact(quote.ask[0]),
            at=quote.at,
            stale=quote.stale,
        )

    def _book(self, symbol: str, quote: Quote) -> BookData:
        return BookData(
            instrument=f"{self.feed}:{symbol}",
            simulated=self.simulated,
            bid=exact(quote.bid[0]),
            bid_quantity=exact(quote.bid[1]),
            ask=exact(quote.ask[0]),
            ask_quantity=exact(quote.ask[1]),
            at=quote.at,
            stale=quote.stale,
        )

    def _in_coins(self, symbol: str, level: Level) -> Level:
        size = self.sizes.get(symbol)
        return (level[0], f"{Decimal(level[1]) * size:f}") if size and level[1] else level


def exact(text: str) -> str | None:
    """The venue's digits as all money is said here; None where it said no number above zero."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return format_money(number) if number.is_finite() and number > 0 else None


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
