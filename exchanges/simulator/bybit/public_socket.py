"""Bybit's public sockets, one per category: tickers, order books, trades and candles."""

from decimal import Decimal

from aiohttp import web

from exchanges.simulator.bybit import market as market_words
from exchanges.simulator.bybit.errors import BybitError
from exchanges.simulator.bybit.rows import plain
from exchanges.simulator.bybit.socket import BybitSocket, Json
from exchanges.simulator.bybit.symbols import book, category_of
from exchanges.simulator.decimals import ZERO
from exchanges.simulator.engine.changes import Changes
from exchanges.simulator.markets.market import Market
from exchanges.simulator.orders.orders import PublicTrade, Side

DEPTHS = ("1", "50", "200", "1000")
Levels = dict[Decimal, Decimal]


class PublicSocket(BybitSocket):
    def __init__(self, request: web.Request) -> None:
        super().__init__(request)
        self.category = category_of({"category": request.path.rpartition("/")[2]})
        self._books: dict[str, dict[Side, Levels]] = {}

    def list_subscriptions(self) -> list[str]:
        return list(self.topics)

    def serves_key(self, key: str) -> bool:
        return False

    def pong(self, request: Json) -> Json:
        return {"ret_msg": "pong", "op": "ping"}

    def check(self, topic: str) -> None:
        kind, *middle, name = topic.split(".") if "." in topic else (topic, "", "")
        known = {
            "tickers": not middle,
            "publicTrade": not middle,
            "orderbook": len(middle) == 1 and middle[0] in DEPTHS,
            "kline": len(middle) == 1 and middle[0] in market_words.SPANS,
        }
        if not known.get(kind):
            raise BybitError(10001, f"error:handler not found,topic:{topic}")
        book(self.simulation.venue.engine, self.category, name)

    def subscribed(self, topic: str) -> None:
        kind, *middle, name = topic.split(".")
        if kind == "tickers":
            self._say_ticker(topic, name)
        elif kind == "orderbook":
            depth = int(middle[0])
            market = self._market(name)
            self._books[topic] = _levels(market, depth)
            self._say(topic, "snapshot", market_words.book_row(name, market, depth))
        elif kind == "kline":
            self._say_candle(topic, middle[0], name)

    def tick(self) -> None:
        for topic in list(self.topics):
            kind, *middle, name = topic.split(".")
            if kind == "tickers":
                self._say_ticker(topic, name)
            elif kind == "kline":
                self._say_candle(topic, middle[0], name)

    def hear(self, changes: Changes) -> None:
        for topic in list(self.topics):
            kind, *middle, name = topic.split(".")
            symbol = self._market(name).symbol.name
            if kind == "publicTrade":
                trades = [trade for trade in changes.trades if trade.symbol == symbol]
                if trades:
                    self._say(topic, "snapshot", [_trade(name, trade) for trade in trades])
            elif symbol in changes.markets and kind == "orderbook":
                self._say_difference(topic, name, int(middle[0]))
            elif symbol in changes.markets and kind == "tickers":
                self._say_ticker(topic, name)

    def _market(self, name: str) -> Market:
        return book(self.simulation.venue.engine, self.category, name)

    def _say_ticker(self, topic: str, name: str) -> None:
        simulation = self.simulation
        now = simulation.venue.now()
        row = market_words.ticker(name, self._market(name), self.category, simulation.history, now)
        self._say(topic, "snapshot", row)

    def _say_difference(self, topic: str, name: str, depth: int) -> None:
        market = self._market(name)
        before, after = self._books.get(topic, {}), _levels(market, depth)
        self._books[topic] = after
        row = {
            "s": name,
            "b": _difference(before.get("BUY", {}), after["BUY"]),
            "a": _difference(before.get("SELL", {}), after["SELL"]),
            "u": market.update_id,
            "seq": market.update_id,
        }
        self._say(topic, "delta", row)

    def _say_candle(self, topic: str, span: str, name: str) -> None:
        now, length = self.simulation.venue.now(), market_words.candle_length(span)
        interval = market_words.SPANS[span]
        candle = self.simulation.history.list_candles(self._market(name), interval, now)[-1]
        start, opened, high, low, close, volume, turnover = market_words.candle_row(candle)
        row = {
            "start": int(start),
            "end": int(start) + length - 1,
            "interval": span,
            "open": opened,
            "close": close,
            "high": high,
            "low": low,
            "volume": volume,
            "turnover": turnover,
            "confirm": False,
            "timestamp": now,
        }
        self._say(topic, "snapshot", [row])

    def _say(self, topic: str, kind: str, data: object) -> None:
        now = self.simulation.venue.now()
        self.send_event({"topic": topic, "type": kind, "ts": now, "cts": now, "data": data})


def _levels(market: Market, depth: int) -> dict[Side, Levels]:
    return {
        "BUY": dict(market.compute_depth("BUY", depth)),
        "SELL": dict(market.compute_depth("SELL", depth)),
    }


def _difference(before: Levels, after: Levels) -> list[list[str]]:
    changed = {price: size for price, size in after.items() if before.get(price) != size}
    changed |= {price: ZERO for price in before if price not in after}
    return [[plain(price), plain(size)] for price, size in changed.items()]


def _trade(name: str, trade: PublicTrade) -> Json:
    return {
        "T": trade.time,
        "s": name,
        "S": "Sell" if trade.buyer_is_maker else "Buy",
        "v": plain(trade.quantity),
        "p": plain(trade.price),
        "L": "ZeroPlusTick",
        "i": str(trade.id),
        "BT": False,
        "RPI": False,
        "seq": trade.id,
    }
