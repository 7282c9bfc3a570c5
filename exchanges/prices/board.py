"""The latest prices of one market's instruments, and which of them must be published. Pure.

A feed is one market of one venue, real or simulated. What its venue said is kept in the venue's
own digits; only the newest counts, so however often it speaks, one frame of each kind goes out.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from exchanges.through_ccxt.price_dialect import NO_LEVEL, LastPrice, Level, PriceReport
from realtime import frames
from realtime.shapes.market import BookData, PriceData
from realtime.values import format_money, format_time

PRICE: Final = "price_update"
BOOK: Final = "book_update"
PriceFrame = tuple[frames.MarketType, frames.MarketData]


@dataclass(slots=True)
class QuoteState:
    """The latest values of one instrument."""

    heard: float
    last: str = ""
    bid: Level = NO_LEVEL  # amounts in coins
    ask: Level = NO_LEVEL
    at: str = ""
    stale: bool = False
    told: bool = True  # by this process: what another said, its watchers may have lost
    news: set[frames.MarketType] = field(default_factory=set)


class PriceBoard:
    """The quotes of one market's instruments."""

    def __init__(self, feed: str, *, simulated: bool) -> None:
        self.feed, self.simulated = feed, simulated
        self.quotes: dict[str, QuoteState] = {}
        self.sizes: dict[str, Decimal] = {}  # of contracts, where the venue counts those

    def set_symbols(self, symbols: Collection[str], *, now: float) -> list[str]:
        """Watch these symbols instead of the previous ones, and return the new ones."""
        for symbol in self.quotes.keys() - symbols:
            del self.quotes[symbol]
        new = [symbol for symbol in symbols if symbol not in self.quotes]
        self.quotes |= {symbol: QuoteState(now) for symbol in new}
        return new

    def restore_frame(self, kind: str, data: Mapping[str, Any]) -> None:
        """Restore another process's last frame, so that this one can mark it stale."""
        quote = self.quotes.get(data["instrument"].partition(":")[2])
        if quote is None:
            return
        if kind == PRICE:
            quote.last = quote.last or data["last"]
        elif (quote.bid, quote.ask) == (NO_LEVEL, NO_LEVEL):
            quote.bid = data["bid"] or "", data["bid_quantity"] or ""
            quote.ask = data["ask"] or "", data["ask_quantity"] or ""
        if not quote.at:
            quote.at, quote.told = data["at"], False

    def record_report(
        self, symbol: str, report: PriceReport, *, now: float, clock: datetime
    ) -> None:
        quote = self.quotes.get(symbol)
        if quote is None:
            return  # its last words, after nobody wants it any more
        before = quote.last, quote.bid, quote.ask
        if isinstance(report, LastPrice):
            quote.last = report.last
        else:
            quote.bid = quote.bid if report.bid is None else self._in_coins(symbol, report.bid)
            quote.ask = quote.ask if report.ask is None else self._in_coins(symbol, report.ask)
        quote.heard = now
        unsure = quote.stale or not quote.told
        if unsure or before != (quote.last, quote.bid, quote.ask):
            quote.at = format_time(clock if report.at is None else _parse_milliseconds(report.at))
            quote.stale = False
            self._add_news(quote, price_only=isinstance(report, LastPrice) and not unsure)

    def mark_stale(self) -> None:
        """Mark all quotes stale: the connection is lost."""
        for quote in self.quotes.values():
            self._mark_stale(quote)

    def mark_old_stale(self, *, now: float, after: float) -> None:
        """Mark every quote stale that was not heard of for `after` seconds."""
        for quote in self.quotes.values():
            if now - quote.heard > after:
                self._mark_stale(quote)

    def repeat_frames(self) -> None:
        """Have all quotes published once more: what was published last was lost."""
        for quote in self.quotes.values():
            if quote.at:
                self._add_news(quote)

    def take_frames(self) -> list[PriceFrame]:
        """Return a frame for each change since the last call, with the newest values."""
        changed: list[PriceFrame] = []
        for symbol, quote in self.quotes.items():
            if not quote.news:
                continue
            if PRICE in quote.news and format_price(quote.last):
                changed.append((PRICE, self._price_data(symbol, quote)))
            if BOOK in quote.news and (quote.bid[0] or quote.ask[0] or quote.stale):
                changed.append((BOOK, self._book_data(symbol, quote)))
            quote.news.clear()
        return changed

    # Inside

    def _mark_stale(self, quote: QuoteState) -> None:
        if quote.at and not (quote.stale and quote.told):
            quote.stale = True
            self._add_news(quote)

    def _add_news(self, quote: QuoteState, *, price_only: bool = False) -> None:
        quote.told = True
        quote.news.add(PRICE)
        if not price_only:
            quote.news.add(BOOK)

    def _price_data(self, symbol: str, quote: QuoteState) -> PriceData:
        return PriceData(
            instrument=f"{self.feed}:{symbol}",
            simulated=self.simulated,
            last=format_price(quote.last) or "0",
            bid=format_price(quote.bid[0]),
            ask=format_price(quote.ask[0]),
            at=quote.at,
            stale=quote.stale,
        )

    def _book_data(self, symbol: str, quote: QuoteState) -> BookData:
        return BookData(
            instrument=f"{self.feed}:{symbol}",
            simulated=self.simulated,
            bid=format_price(quote.bid[0]),
            bid_quantity=format_price(quote.bid[1]),
            ask=format_price(quote.ask[0]),
            ask_quantity=format_price(quote.ask[1]),
            at=quote.at,
            stale=quote.stale,
        )

    def _in_coins(self, symbol: str, level: Level) -> Level:
        size = self.sizes.get(symbol)
        return (level[0], f"{Decimal(level[1]) * size:f}") if size and level[1] else level


def format_price(text: str) -> str | None:
    """Format a price as all amounts are formatted; None unless it is a number above zero."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return format_money(number) if number.is_finite() and number > 0 else None


def _parse_milliseconds(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
