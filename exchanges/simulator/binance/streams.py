"""Subscribed streams: their frames in Binance's JSON, sent each second and on changes."""

import re
from collections.abc import Callable

from exchanges.simulator.binance import market_rows
from exchanges.simulator.binance.market_rows import Json
from exchanges.simulator.decimals import format_8, write_8
from exchanges.simulator.engine.changes import Changes
from exchanges.simulator.engine.market_history import INTERVALS, Candle, MarketHistory
from exchanges.simulator.markets.market import Levels, Market, find_changed_levels, write_levels
from exchanges.simulator.markets.symbols import wire_symbol
from exchanges.simulator.orders.orders import PublicTrade

PARTIAL_DEPTH = re.compile(r"depth(5|10|20)(@100ms|@1000ms)?")
DEPTH_CHANGES = re.compile(r"depth(@100ms|@1000ms)?")
MAX_DEPTH = 5000
# The letters of the ticker stream and the fields of the REST ticker.
TICKER_FIELDS = {
    "p": "priceChange",
    "P": "priceChangePercent",
    "w": "weightedAvgPrice",
    "x": "prevClosePrice",
    "c": "lastPrice",
    "Q": "lastQty",
    "b": "bidPrice",
    "B": "bidQty",
    "a": "askPrice",
    "A": "askQty",
    "o": "openPrice",
    "h": "highPrice",
    "l": "lowPrice",
    "v": "volume",
    "q": "quoteVolume",
    "O": "openTime",
    "C": "closeTime",
    "F": "firstId",
    "L": "lastId",
    "n": "count",
}
MINI_TICKER_FIELDS = ("c", "o", "h", "l", "v", "q")


def ticker_frame(market: Market, history: MarketHistory, now: int) -> Json:
    row = market_rows.day_ticker_row(market, history, now)
    head = {"e": "24hrTicker", "E": now, "s": market.symbol.venue_name}
    return head | {letter: row[name] for letter, name in TICKER_FIELDS.items()}


def mini_ticker_frame(market: Market, history: MarketHistory, now: int) -> Json:
    row = market_rows.day_ticker_row(market, history, now)
    head = {"e": "24hrMiniTicker", "E": now, "s": market.symbol.venue_name}
    return head | {letter: row[TICKER_FIELDS[letter]] for letter in MINI_TICKER_FIELDS}


def book_ticker_frame(market: Market) -> Json:
    bid, bid_quantity, ask, ask_quantity = market_rows.find_best_offers(market)
    return {
        "u": market.update_id,
        "s": market.symbol.venue_name,
        **write_8(b=bid, B=bid_quantity, a=ask, A=ask_quantity),
    }


def trade_frame(trade: PublicTrade, now: int) -> Json:
    return {
        "e": "trade",
        "E": now,
        "s": wire_symbol(trade.symbol),
        "t": trade.id,
        **write_8(p=trade.price, q=trade.quantity),
        "T": trade.time,
        "m": trade.buyer_is_maker,
        "M": True,
    }


def aggregate_trade_frame(trade: PublicTrade, now: int) -> Json:
    head = {"e": "aggTrade", "E": now, "s": wire_symbol(trade.symbol)}
    return {**head, **market_rows.aggregate_trade_row(trade), "M": True}


def candle_frame(symbol: str, interval: str, candle: Candle, now: int, closed: bool) -> Json:
    half_volume = candle.volume / 2
    row = {
        "t": candle.start,
        "T": candle.start + INTERVALS[interval] - 1,
        "s": symbol,
        "i": interval,
        "f": -1,
        "L": -1,
        **write_8(o=candle.open, c=candle.close, h=candle.high, l=candle.low, v=candle.volume),
        "n": candle.trades,
        "x": closed,
        **write_8(q=candle.turnover, V=half_volume, Q=half_volume * candle.close),
        "B": "0",
    }
    return {"e": "kline", "E": now, "s": symbol, "k": row}


def partial_depth_frame(market: Market, levels: int) -> Json:
    return {"lastUpdateId": market.update_id, **market_rows.depth_fields(market, levels)}


ALL_MARKETS = {"!ticker@arr": ticker_frame, "!miniTicker@arr": mini_ticker_frame}


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
            frames.append(candle_frame(symbol, self._interval, candles[-2], now, closed=True))
        self._start = candles[-1].start
        frames.append(candle_frame(symbol, self._interval, candles[-1], now, closed=False))
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
        return MarketStream(market, lambda now: ticker_frame(market, history, now))
    if kind == "miniTicker":
        return MarketStream(market, lambda now: mini_ticker_frame(market, history, now))
    if kind == "bookTicker":
        return MarketStream(market, lambda _: book_ticker_frame(market), eager=True)
    if kind in ("trade", "aggTrade"):
        render = trade_frame if kind == "trade" else aggregate_trade_frame
        return TradeStream(market.symbol.name, render)
    if kind.startswith("kline_") and kind[6:] in INTERVALS:
        return CandleStream(market, history, kind[6:])
    partial = PARTIAL_DEPTH.fullmatch(kind)
    if partial:
        levels = int(partial[1])
        return MarketStream(market, lambda _: partial_depth_frame(market, levels), eager=True)
    return DepthChangeStream(market) if DEPTH_CHANGES.fullmatch(kind) else Stream()


def _changed_levels(before: Levels, after: Levels) -> list[list[str]]:
    return write_levels(find_changed_levels(before, after).items(), format_8)
