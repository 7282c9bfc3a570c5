"""OKX's public sockets: tickers, order books, trades, and candles on the business one."""

from collections.abc import Mapping

from aiohttp import web

from exchanges.simulator.engine.engine import Changes
from exchanges.simulator.okx import market as market_words
from exchanges.simulator.okx.errors import OkxError
from exchanges.simulator.okx.socket import OkxSocket, no_channel
from exchanges.simulator.okx.symbols import Instrument, instrument

DEPTHS = {"books": 400, "books5": 5, "bbo-tbt": 1, "books50-l2-tbt": 50, "books-l2-tbt": 400}
WHOLE = ("books5", "bbo-tbt")  # told anew each time; of the others only what has changed
CANDLE = "candle"
Levels = dict[str, list[list[str]]]


class PublicSocket(OkxSocket):
    names: tuple[str, ...] = ("tickers", "trades", *DEPTHS)

    def __init__(self, request: web.Request) -> None:
        super().__init__(request)
        self._books: dict[tuple[str, str], tuple[Levels, int]] = {}

    def list_subscriptions(self) -> list[str]:
        return [":".join(value for _, value in channel) for channel in self.channels]

    def serves_key(self, key: str) -> bool:
        return False

    def check(self, channel: Mapping[str, str]) -> None:
        if channel["channel"] not in self.names:
            raise no_channel(channel)
        try:
            self._instrument(channel)
        except OkxError:
            raise no_channel(channel) from None

    def subscribed(self, channel: Mapping[str, str]) -> None:
        name = channel["channel"]
        if name == "tickers":
            self._tell_ticker(channel)
        elif name in DEPTHS:
            self._tell_book(channel)

    def tick(self) -> None:
        super().tick()
        for channel in self.subscribed_to("tickers"):
            self._tell_ticker(channel)

    def hear(self, changes: Changes) -> None:
        for channel in self.subscribed_to("trades"):
            one = self._instrument(channel)
            for trade in changes.trades:
                if trade.symbol == one.symbol:
                    row = market_words.trade_row(one, trade)
                    self.tell(channel, [{**row, "count": "1", "seqId": trade.id}])
        for channel in self.subscribed_to("tickers", *DEPTHS):
            if self._instrument(channel).symbol in changes.markets:
                self.subscribed(channel)

    def _instrument(self, channel: Mapping[str, str]) -> Instrument:
        return instrument(self.simulation.venue.engine, channel.get("instId"))

    def _tell_ticker(self, channel: Mapping[str, str]) -> None:
        simulation = self.simulation
        one, now = self._instrument(channel), simulation.venue.now()
        self.tell(channel, [market_words.ticker(one, simulation.history, now)])

    def _tell_book(self, channel: Mapping[str, str]) -> None:
        name, one = channel["channel"], self._instrument(channel)
        now, depth, seq = self.simulation.venue.now(), DEPTHS[name], one.market.update_id
        asks = market_words.levels(one, "SELL", depth)
        bids = market_words.levels(one, "BUY", depth)
        stamps = {"ts": str(now), "seqId": seq, "instId": one.name}
        if name in WHOLE:
            self.tell(channel, [{"asks": asks, "bids": bids, **stamps}])
            return
        before, last = self._books.get((name, one.name), ({"asks": [], "bids": []}, -1))
        self._books[name, one.name] = ({"asks": asks, "bids": bids}, seq)
        row = {
            "asks": _difference(before["asks"], asks),
            "bids": _difference(before["bids"], bids),
            "checksum": market_words.checksum(bids, asks),
            "prevSeqId": last,
            **stamps,
        }
        self.tell(channel, [row], action="snapshot" if last == -1 else "update")


class CandleChannels:
    """The part of the business socket that everybody may hear."""

    def __init__(self, socket: OkxSocket) -> None:
        self._socket = socket

    def knows(self, channel: Mapping[str, str]) -> bool:
        name = channel["channel"]
        if not name.startswith(CANDLE):
            return False
        try:
            market_words.span(name.removeprefix(CANDLE))
            self._instrument(channel)
        except OkxError:
            raise no_channel(channel) from None
        return True

    def tick(self) -> None:
        for channel in list(self._socket.channels):
            if dict(channel)["channel"].startswith(CANDLE):
                self.tell(dict(channel))

    def tell(self, channel: Mapping[str, str]) -> None:
        simulation, one = self._socket.simulation, self._instrument(channel)
        span = market_words.span(channel["channel"].removeprefix(CANDLE))
        candle = simulation.history.list_candles(one.market, span, simulation.venue.now())[-1]
        self._socket.tell(channel, [market_words.candle_row(one, candle, True)])

    def _instrument(self, channel: Mapping[str, str]) -> Instrument:
        return instrument(self._socket.simulation.venue.engine, channel.get("instId"))


def _difference(before: list[list[str]], after: list[list[str]]) -> list[list[str]]:
    """Levels that are new or other than before, and those that are gone with a size of 0."""
    gone = {level[0] for level in before} - {level[0] for level in after}
    changed = [level for level in after if level not in before]
    return changed + [[price, "0", "0", "0"] for price in sorted(gone)]
