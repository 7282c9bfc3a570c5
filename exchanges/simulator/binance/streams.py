"""One subscribed stream: what it says each second, and what when something changed."""

import re
from collections.abc import Callable
from decimal import Decimal

from exchanges.simulator.binance import stream_frames as frames
from exchanges.simulator.binance.market_rows import Json
from exchanges.simulator.decimals import ZERO, format_8
from exchanges.simulator.engine.changes import Changes
from exchanges.simulator.engine.market_history import INTERVALS, MarketHistory
from exchanges.simulator.markets.market import Market
from exchanges.simulator.orders.orders import PublicTrade

PARTIAL = re.compile(r"depth(5|10|20)(@100ms|@1000ms)?")
DIFFERENCE = re.compile(r"depth(@100ms|@1000ms)?")
DEEP = 5000


class Stream:
    """Says nothing; the others say what they know."""

    def each_second(self, now: int) -> list[object]:
        return []

    def on_change(self, changes: Changes, now: int) -> list[object]:
        return []


class Rendered(Stream):
    """A frame of one market each second and, if `eager`, at every change of it."""

    def __init__(self, market: Market, render: Callable[[int], object], eager: bool) -> None:
        self._market, self._render, self._eager = market, render, eager

    def each_second(self, now: int) -> list[object]:
        return [self._render(now)]

    def on_change(self, changes: Changes, now: int) -> list[object]:
        changed = self._eager and self._market.symbol.name in changes.markets
        return [self._render(now)] if changed else []


class Trades(Stream):
    def __init__(self, symbol: str, render: Callable[[PublicTrade, int], Json]) -> None:
        self._symbol, self._render = symbol, render

    def on_change(self, changes: Changes, now: int) -> list[object]:
        return [self._render(t, now) for t in changes.trades if t.symbol == self._symbol]


class Candles(Stream):
    """The open candle each second; a candle that ended is sent once more, as closed."""

    def __init__(self, market: Market, tape: MarketHistory, interval: str) -> None:
        self._market, self._tape, self._interval = market, tape, interval
        self._start: int | None = None

    def each_second(self, now: int) -> list[object]:
        candles = self._tape.list_candles(self._market, self._interval, now)
        symbol, said = self._market.symbol.name, []
        for candle in candles[-2:-1]:
            if candle.start == self._start:
                said.append(frames.kline(symbol, self._interval, candle, now, closed=True))
        self._start = candles[-1].start
        said.append(frames.kline(symbol, self._interval, candles[-1], now, closed=False))
        return list(said)


class DepthDifference(Stream):
    """What changed in the book since the last frame; fits the REST snapshot by update id."""

    def __init__(self, market: Market) -> None:
        self._market = market
        self._last_id = market.update_id
        self._bids, self._asks = (
            dict(market.compute_depth("BUY", DEEP)),
            dict(market.compute_depth("SELL", DEEP)),
        )

    def on_change(self, changes: Changes, now: int) -> list[object]:
        if self._market.symbol.name not in changes.markets:
            return []
        bids = dict(self._market.compute_depth("BUY", DEEP))
        asks = dict(self._market.compute_depth("SELL", DEEP))
        frame = {
            "e": "depthUpdate",
            "E": now,
            "s": self._market.symbol.name,
            "U": self._last_id + 1,
            "u": self._market.update_id,
            "b": _difference(self._bids, bids),
            "a": _difference(self._asks, asks),
        }
        self._last_id, self._bids, self._asks = self._market.update_id, bids, asks
        return [frame]


class Everything(Stream):
    """`!ticker@arr` and the like: one list with every market."""

    def __init__(self, render: Callable[[int], list[Json]]) -> None:
        self._render = render

    def each_second(self, now: int) -> list[object]:
        return [self._render(now)]


def open_stream(name: str, markets: dict[str, Market], tape: MarketHistory) -> Stream:
    """An unknown name is accepted and stays silent, as at the real venue."""
    if name == "!ticker@arr":
        return Everything(lambda now: [frames.ticker(m, tape, now) for m in markets.values()])
    if name == "!miniTicker@arr":
        return Everything(lambda now: [frames.mini_ticker(m, tape, now) for m in markets.values()])
    symbol, _, kind = name.partition("@")
    market = markets.get(symbol.upper())
    return Stream() if market is None else _of_market(market, kind, tape)


def _of_market(market: Market, kind: str, tape: MarketHistory) -> Stream:
    if kind == "ticker":
        return Rendered(market, lambda now: frames.ticker(market, tape, now), eager=False)
    if kind == "miniTicker":
        return Rendered(market, lambda now: frames.mini_ticker(market, tape, now), eager=False)
    if kind == "bookTicker":
        return Rendered(market, lambda _: frames.book_ticker(market), eager=True)
    if kind in ("trade", "aggTrade"):
        render = frames.trade if kind == "trade" else frames.aggregate_trade
        return Trades(market.symbol.name, render)
    if kind.startswith("kline_") and kind[6:] in INTERVALS:
        return Candles(market, tape, kind[6:])
    partial = PARTIAL.fullmatch(kind)
    if partial:
        levels = int(partial[1])
        return Rendered(market, lambda _: frames.partial_depth(market, levels), eager=True)
    return DepthDifference(market) if DIFFERENCE.fullmatch(kind) else Stream()


def _difference(before: dict[Decimal, Decimal], now: dict[Decimal, Decimal]) -> list[list[str]]:
    changed = {price: quantity for price, quantity in now.items() if before.get(price) != quantity}
    changed |= {price: ZERO for price in before if price not in now}
    return [[format_8(price), format_8(quantity)] for price, quantity in changed.items()]
