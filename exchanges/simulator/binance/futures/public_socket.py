"""The public futures sockets (/public and /market): market data by subscription."""

from aiohttp import web

from exchanges.simulator.binance import public_socket, streams
from exchanges.simulator.binance.market_rows import Json
from exchanges.simulator.binance.streams import Stream
from exchanges.simulator.decimals import ZERO, write_8
from exchanges.simulator.engine.changes import Changes
from exchanges.simulator.markets.market import Market


class FuturesPublicSocket(public_socket.PublicSocket):
    """Spot's requests and streams for contracts."""

    def __init__(self, request: web.Request) -> None:
        super().__init__(request)
        self._combined = request.path.endswith("/stream") or "/stream/" in request.path

    def _open_stream(self, name: str) -> Stream:
        return FuturesStream(self._open_market_stream(name), name.partition("@")[0].upper())

    def _open_market_stream(self, name: str) -> Stream:
        markets = self.simulation.venue.engine.contracts_by_pair
        symbol, _, kind = name.partition("@")
        market = markets.get(symbol.upper())
        if name.startswith("!markPrice@arr"):
            return streams.AllMarketsStream(
                lambda now: [self._mark_price_frame(market, now) for market in markets.values()]
            )
        if market and kind.startswith("markPrice"):
            return streams.MarketStream(market, lambda now: self._mark_price_frame(market, now))
        return streams.open_stream(name, markets, self.simulation.history)

    def _mark_price_frame(self, market: Market, now: int) -> Json:
        spot = self.simulation.venue.engine.spot[market.symbol.venue_name]
        return {
            "e": "markPriceUpdate",
            "E": now,
            "s": market.symbol.venue_name,
            **write_8(p=market.price, i=spot.price, P=spot.price, r=ZERO),
            "T": 0,
        }


class FuturesStream(Stream):
    """A spot stream changed to futures frames, which have additional fields."""

    def __init__(self, stream: Stream, symbol: str) -> None:
        self._stream, self._symbol = stream, symbol
        self._before = 0

    def each_second(self, now: int) -> list[object]:
        return [self._to_futures_frame(message, now) for message in self._stream.each_second(now)]

    def on_change(self, changes: Changes, now: int) -> list[object]:
        messages = self._stream.on_change(changes, now)
        return [self._to_futures_frame(message, now) for message in messages]

    def _to_futures_frame(self, message: object, now: int) -> object:
        if not isinstance(message, dict):
            return message
        if isinstance(self._stream, streams.DepthChangeStream):
            message = {**message, "T": now, "pu": self._before or message["U"] - 1}
            self._before = message["u"]
        elif "lastUpdateId" in message:
            message = self._partial_depth_frame(message, now)
        elif "e" not in message:
            message = {"e": "bookTicker", **message, "E": now, "T": now}
        return message

    def _partial_depth_frame(self, message: Json, now: int) -> Json:
        """Build a partial book, which futures send in the form of a change."""
        frame = {"e": "depthUpdate", "E": now, "T": now, "s": self._symbol}
        ids = dict.fromkeys(("U", "u", "pu"), message["lastUpdateId"])
        return {**frame, **ids, "b": message["bids"], "a": message["asks"]}
