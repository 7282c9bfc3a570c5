"""Market history: recent public trades, and candles with an invented past."""

from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from random import Random

from exchanges.simulator.decimals import ZERO, floor_to
from exchanges.simulator.engine.changes import Changes
from exchanges.simulator.markets.market import Market
from exchanges.simulator.orders.orders import PublicTrade

MINUTE = 60_000
UNITS = {"s": 1000, "m": MINUTE, "h": 60 * MINUTE, "d": 1440 * MINUTE, "w": 10080 * MINUTE}
MINUTES, HOURS = ("1m", "3m", "5m", "15m", "30m"), ("1h", "2h", "4h", "6h", "8h", "12h")
INTERVALS = {
    name: int(name[:-1]) * UNITS[name[-1]] for name in ("1s", *MINUTES, *HOURS, "1d", "3d", "1w")
}
MAX_CANDLES = 1000
MAX_TRADES = 1000


@dataclass
class Candle:
    start: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal = ZERO
    trades: int = 0

    @property
    def prices(self) -> tuple[Decimal, Decimal, Decimal, Decimal]:
        return self.open, self.high, self.low, self.close

    @property
    def turnover(self) -> Decimal:
        return self.volume * self.close

    def add_price(self, price: Decimal, volume: Decimal) -> None:
        self.high, self.low = max(self.high, price), min(self.low, price)
        self.close = price
        self.volume += volume
        self.trades += 1 if volume else 0


class MarketHistory:
    """Trades and candles of all markets; the past before the start is invented by seed."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._candles: dict[tuple[str, str], deque[Candle]] = {}
        self._trades: dict[str, deque[PublicTrade]] = defaultdict(lambda: deque(maxlen=MAX_TRADES))

    def record_changes(self, changes: Changes, now: int) -> None:
        for trade in changes.trades:
            self._trades[trade.symbol].append(trade)
            self._update_candles(trade.symbol, trade.price, trade.quantity, trade.time)
        for market in changes.markets.values():
            self._update_candles(market.symbol.name, market.price, ZERO, now)

    def list_trades(self, symbol: str, limit: int) -> list[PublicTrade]:
        return list(self._trades[symbol])[-limit:] if limit else []

    def list_candles(self, market: Market, interval: str, now: int) -> list[Candle]:
        key = (market.symbol.name, interval)
        if key not in self._candles:
            past = _invent_past(market, INTERVALS[interval], now, f"{self._seed}:{key}")
            self._candles[key] = deque(past, maxlen=MAX_CANDLES)
        _add_missing_candles(self._candles[key], INTERVALS[interval], now)
        return list(self._candles[key])

    def list_candles_between(
        self, market: Market, interval: str, now: int, start: int | None, end: int | None
    ) -> list[Candle]:
        """Return the candles, oldest first, that begin from `start` to `end`, if these are set."""
        candles = self.list_candles(market, interval, now)
        candles = [candle for candle in candles if start is None or candle.start >= start]
        return [candle for candle in candles if end is None or candle.start <= end]

    def summarize_day(self, market: Market, now: int) -> Candle:
        """Return the last 24 hours as one candle."""
        return join_candles(self.list_candles(market, "1h", now)[-24:])

    def _update_candles(self, symbol: str, price: Decimal, volume: Decimal, now: int) -> None:
        for (name, interval), candles in self._candles.items():
            if name == symbol:
                _add_missing_candles(candles, INTERVALS[interval], now)
                candles[-1].add_price(price, volume)


def join_candles(candles: Sequence[Candle]) -> Candle:
    """Return candles that follow each other as one."""
    high, low = max(candle.high for candle in candles), min(candle.low for candle in candles)
    volume = sum((candle.volume for candle in candles), ZERO)
    trades = sum(candle.trades for candle in candles)
    first, last = candles[0], candles[-1]
    return Candle(first.start, first.open, high, low, last.close, volume, trades)


def _add_missing_candles(candles: deque[Candle], length: int, now: int) -> None:
    """Add candles up to `now`; spans without a trade or a price are flat candles."""
    start = now - now % length
    missing = (start - candles[-1].start) // length
    for back in range(min(missing, MAX_CANDLES) - 1, -1, -1):
        close = candles[-1].close
        candles.append(Candle(start - back * length, close, close, close, close))


def _invent_past(market: Market, length: int, now: int, seed: str) -> list[Candle]:
    """Invent candles that end exactly at the present price."""
    random = Random(seed)  # noqa: S311 - repeatable on purpose, protects nothing
    scale = 0.0006 * (length / MINUTE) ** 0.5
    tick, step = market.symbol.tick, market.symbol.step
    close, start = market.price, now - now % length
    candles: list[Candle] = []
    for index in range(MAX_CANDLES):
        change = Decimal(repr(1 + random.gauss(0, scale)))
        opened = max(tick, floor_to(close / change, tick)) if index else close
        swing = floor_to(close * Decimal(repr(abs(random.gauss(0, scale / 2)))), tick)
        low = max(tick, min(opened, close) - swing)
        volume = floor_to(market.liquidity.depth * Decimal(1 + index % 7), step)
        began, high = start - index * length, max(opened, close) + swing
        candles.append(Candle(began, opened, high, low, close, volume, 9))
        close = opened
    candles.reverse()
    return candles
