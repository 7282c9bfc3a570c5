"""Subscribed streams: their frames each second and on changes."""

import re
from collections.abc import Callable

from exchanges.simulator.binance import stream_frames as wire
from exchanges.simulator.binance.market_rows import Json
from exchanges.simulator.decimals import format_8
from exchanges.simulator.engine.changes import Changes
from exchanges.simulator.engine.market_history import INTERVALS, MarketHistory
from exchanges.simulator.markets.market import Levels, Market, find_changed_levels, write_levels
from exchanges.simulator.orders.orders import PublicTrade

PARTIAL_DEPTH = re.compile(r"depth(5|10|20)(@100ms|@1000ms)?")
DEPTH_CHANGES = re.compile(r"depth(@100ms|@1000ms)?")
MAX_DEPTH = 5000
ALL_MARKETS = {"!ticker@arr": wire.ticker_frame, "!miniTicker@arr": wire.mini_ticker_frame}


class Stream:
    """A silent stream, and the base of the others."""

    def each_second(self, now: int) -> list[object]:
        return []

    def on_change(self, changes: Changes, now: int) -> list[object]:
        return []


class MarketStream(Stream):
    """A frame of one market each second and, if `eager`, on every change."""

    def __init__(
        self, market: Market, render: Callable[[int], object], eager: bool = False
    ) -> None:
        self._market, self._render, self._eager = market, render, eager

    def each_second(self, now: int) -> list[object]:
        return [self._render(now)]

    def on_change(self, changes: Changes, now: int) -> list[object]:
        changed = self._eager and self._market.symbol.name in changes.markets
        return [self._render(now)] if changed else []


class TradeStream(Stream):
    def __init__(self, symbol: str, render: Callable[[PublicTrade, int], Json]) -> None:
        self._symbol, self._render = symbol, render

    def on_change(self, changes: Changes, now: int) -> list[object]:
        trades = [trade for trade in changes.trades if trade.symbol == self._symbol]
        return [self._render(trade, now) for trade in trades]


class CandleStream(Stream):
    """The open candle each second; a finished candle is sent once more, as closed."""

    def __init__(self, market: Market, history: MarketHistory, interval: str) -> None:
        self._market, self._history, self._interval = market, history, interval
        self._start: int | None = None

    def each_second(self, now: int) -> list[object]:
        candles = self._history.list_candles(self._market, self._interval, now)
        symbol, frames = self._market.symbol.venue_name, []
        if len(candles) > 1 and candles[-2].start == self._start:
            frames.append(wire.candle_frame(symbol, self._interval, candles[-2], now, closed=True))
        self._start = candles[-1].start
        frames.append(wire.candle_frame(symbol, self._interval, candles[-1], now, closed=False))
        return list(frames)


class DepthChangeStream(Stream):
    """Changed levels since the last frame; update ids match those of the REST snapshot."""

    def __init__(self, market: Market) -> None:
        self._market = market
        self._last_id = market.update_id
        self._book = market.copy_book(MAX_DEPTH)

    def on_change(self, changes: Changes, now: int) -> list[object]:
        if self._market.symbol.name not in changes.markets:
            return []
        book = self._market.copy_book(MAX_DEPTH)
        frame = {
            "e": "depthUpdate",
            "E": now,
            "s": self._market.symbol.venue_name,
            "U": self._last_id + 1,
            "u": self._market.update_id,
            "b": _changed_levels(self._book["BUY"], book["BUY"]),
            "a": _changed_levels(self._book["SELL"], book["SELL"]),
        }
        self._last_id, self._book = self._market.update_id, book
        return [frame]


class AllMarketsStream(Stream):
    """One frame with all markets each second, as `!ticker@arr`."""

    def __init__(self, render: Callable[[int], list[Json]]) -> None:
        self._render = render

    def each_second(self, now: int) -> list[object]:
        return [self._render(now)]


def open_stream(name: str, markets: dict[str, Market], history: MarketHistory) -> Stream:
    """Return the stream of that name; an unknown one is accepted and silent, as at Binance."""
    if name in ALL_MARKETS:
        row = ALL_MARKETS[name]
        return AllMarketsStream(lambda now: [row(m, history, now) for m in markets.values()])
    symbol, _, kind = name.partition("@")
    market = markets.get(symbol.upper())
    return Stream() if market is None else _open_market_stream(market, kind, history)


def _open_market_stream(market: Market, kind: str, history: MarketHistory) -> Stream:
    if kind == "ticker":
        return MarketStream(market, lambda now: wire.ticker_frame(market, history, now))
    if kind == "miniTicker":
        return MarketStream(market, lambda now: wire.mini_ticker_frame(market, history, now))
    if kind == "bookTicker":
        return MarketStream(market, lambda _: wire.book_ticker_frame(market), eager=True)
    if kind in ("trade", "aggTrade"):
        render = wire.trade_frame if kind == "trade" else wire.aggregate_trade_frame
        return TradeStream(market.symbol.name, render)
    if kind.startswith("kline_") and kind[6:] in INTERVALS:
        return CandleStream(market, history, kind[6:])
    partial = PARTIAL_DEPTH.fullmatch(kind)
    if partial:
        levels = int(partial[1])
        return MarketStream(market, lambda _: wire.partial_depth_frame(market, levels), eager=True)
    return DepthChangeStream(market) if DEPTH_CHANGES.fullmatch(kind) else Stream()


def _changed_levels(before: Levels, after: Levels) -> list[list[str]]:
    return write_levels(find_changed_levels(before, after).items(), format_8)
