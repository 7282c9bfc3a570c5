"""Bybit's public sockets, one per category: tickers, order books, trades, candles."""

from aiohttp import web

from exchanges.simulator.bybit.errors import BybitError
from exchanges.simulator.bybit.market import INTERVALS_BY_NAME, book_row, ticker_row
from exchanges.simulator.bybit.sockets.socket import BybitSocket, Json
from exchanges.simulator.bybit.symbols import find_market, read_category
from exchanges.simulator.decimals import format_plain, write_plain
from exchanges.simulator.engine.changes import Changes
from exchanges.simulator.engine.market_history import INTERVALS
from exchanges.simulator.markets.market import Levels, Market, find_changed_levels, write_levels
from exchanges.simulator.orders.orders import PublicTrade, Side

DEPTHS = ("1", "50", "200", "1000")
SIDE_FIELDS: dict[str, Side] = {"b": "BUY", "a": "SELL"}


class PublicSocket(BybitSocket):
    def __init__(self, request: web.Request) -> None:
        super().__init__(request)
        self.category = read_category({"category": request.path.rpartition("/")[2]})
        self._books: dict[str, dict[Side, Levels]] = {}

    def list_subscriptions(self) -> list[str]:
        return list(self.topics)

    def answer_ping(self, request: Json) -> Json:
        return {"ret_msg": "pong", "op": "ping"}

    def check_topic(self, topic: str) -> None:
        kind, *middle, name = topic.split(".") if "." in topic else (topic, "", "")
        known = {
            "tickers": not middle,
            "publicTrade": not middle,
            "orderbook": len(middle) == 1 and middle[0] in DEPTHS,
            "kline": len(middle) == 1 and middle[0] in INTERVALS_BY_NAME,
        }
        if not known.get(kind):
            raise BybitError(10001, f"error:handler not found,topic:{topic}")
        find_market(self.simulation.venue.engine, self.category, name)

    def send_snapshot(self, topic: str) -> None:
        kind, *middle, name = topic.split(".")
        if kind == "tickers":
            self._publish_ticker(topic, name)
        elif kind == "orderbook":
            depth = int(middle[0])
            market = self._find_market(name)
            self._books[topic] = market.copy_book(depth)
            self.publish(topic, "snapshot", book_row(name, market, depth))
        elif kind == "kline":
            self._publish_candle(topic, middle[0], name)

    def tick(self) -> None:
        for topic in list(self.topics):
            kind, *middle, name = topic.split(".")
            if kind == "tickers":
                self._publish_ticker(topic, name)
            elif kind == "kline":
                self._publish_candle(topic, middle[0], name)

    def on_changes(self, changes: Changes) -> None:
        for topic in list(self.topics):
            kind, *middle, name = topic.split(".")
            symbol = self._find_market(name).symbol.name
            if kind == "publicTrade":
                trades = [trade for trade in changes.trades if trade.symbol == symbol]
                if trades:
                    self.publish(topic, "snapshot", [_trade_row(name, trade) for trade in trades])
            elif symbol in changes.markets and kind == "orderbook":
                self._publish_book(topic, name, int(middle[0]))
            elif symbol in changes.markets and kind == "tickers":
                self._publish_ticker(topic, name)

    def _find_market(self, name: str) -> Market:
        return find_market(self.simulation.venue.engine, self.category, name)

    def _publish_ticker(self, topic: str, name: str) -> None:
        simulation = self.simulation
        now = simulation.venue.now()
        row = ticker_row(name, self._find_market(name), self.category, simulation.history, now)
        self.publish(topic, "snapshot", row)

    def _publish_book(self, topic: str, name: str, depth: int) -> None:
        market = self._find_market(name)
        before, after = self._books[topic], market.copy_book(depth)
        self._books[topic] = after
        row: Json = {"s": name, "u": market.update_id, "seq": market.update_id}
        for field, side in SIDE_FIELDS.items():
            changed = find_changed_levels(before[side], after[side])
            row[field] = write_levels(changed.items(), format_plain)
        self.publish(topic, "delta", row)

    def _publish_candle(self, topic: str, interval_name: str, name: str) -> None:
        now, interval = self.simulation.venue.now(), INTERVALS_BY_NAME[interval_name]
        candle = self.simulation.history.list_candles(self._find_market(name), interval, now)[-1]
        row = {
            "start": candle.start,
            "end": candle.start + INTERVALS[interval] - 1,
            "interval": interval_name,
            **write_plain(open=candle.open, close=candle.close, high=candle.high, low=candle.low),
            **write_plain(volume=candle.volume, turnover=candle.turnover),
            "confirm": False,
            "timestamp": now,
        }
        self.publish(topic, "snapshot", [row])

    def publish(self, topic: str, kind: str, data: object) -> None:
        now = self.simulation.venue.now()
        self.send_event({"topic": topic, "type": kind, "ts": now, "cts": now, "data": data})


def _trade_row(name: str, trade: PublicTrade) -> Json:
    return {
        "T": trade.time,
        "s": name,
        "S": "Sell" if trade.buyer_is_maker else "Buy",
        **write_plain(v=trade.quantity, p=trade.price),
        "L": "ZeroPlusTick",
        "i": str(trade.id),
        **dict.fromkeys(("BT", "RPI"), False),
        "seq": trade.id,
    }
