"""OKX's public socket: tickers, order books and trades."""

from collections.abc import Mapping

from aiohttp import web

from exchanges.simulator.engine.changes import Changes
from exchanges.simulator.okx import market
from exchanges.simulator.okx.errors import OkxError
from exchanges.simulator.okx.sockets.socket import OkxSocket, unknown_channel

DEPTHS = {"books": 400, "books5": 5, "bbo-tbt": 1, "books50-l2-tbt": 50, "books-l2-tbt": 400}
# These send the whole book each time, the others only changed levels.
SNAPSHOT_CHANNELS = ("books5", "bbo-tbt")
Levels = dict[str, list[list[str]]]


class PublicSocket(OkxSocket):
    channel_names: tuple[str, ...] = ("tickers", "trades", *DEPTHS)

    def __init__(self, request: web.Request) -> None:
        super().__init__(request)
        self._books: dict[tuple[str, str], tuple[Levels, int]] = {}

    def list_subscriptions(self) -> list[str]:
        return [":".join(value for _, value in channel) for channel in self.channels]

    def check_channel(self, channel: Mapping[str, str]) -> None:
        if channel["channel"] not in self.channel_names:
            raise unknown_channel(channel)
        try:
            self.find_instrument(channel)
        except OkxError:
            raise unknown_channel(channel) from None

    def send_snapshot(self, channel: Mapping[str, str]) -> None:
        name = channel["channel"]
        if name == "tickers":
            self._publish_ticker(channel)
        elif name in DEPTHS:
            self._publish_book(channel)

    def tick(self) -> None:
        super().tick()
        for channel in self.subscriptions_to("tickers"):
            self._publish_ticker(channel)

    def on_changes(self, changes: Changes) -> None:
        for channel in self.subscriptions_to("trades"):
            instrument = self.find_instrument(channel)
            for trade in changes.trades:
                if trade.symbol == instrument.symbol:
                    row = market.trade_row(instrument, trade)
                    self.publish(channel, [{**row, "count": "1", "seqId": trade.id}])
        for channel in self.subscriptions_to("tickers", *DEPTHS):
            if self.find_instrument(channel).symbol in changes.markets:
                self.send_snapshot(channel)

    def _publish_ticker(self, channel: Mapping[str, str]) -> None:
        simulation = self.simulation
        instrument, now = self.find_instrument(channel), simulation.venue.now()
        self.publish(channel, [market.ticker_row(instrument, simulation.history, now)])

    def _publish_book(self, channel: Mapping[str, str]) -> None:
        name, instrument = channel["channel"], self.find_instrument(channel)
        now, depth, seq = self.simulation.venue.now(), DEPTHS[name], instrument.market.update_id
        asks = market.book_levels(instrument, "SELL", depth)
        bids = market.book_levels(instrument, "BUY", depth)
        stamps = {"ts": str(now), "seqId": seq, "instId": instrument.name}
        if name in SNAPSHOT_CHANNELS:
            self.publish(channel, [{"asks": asks, "bids": bids, **stamps}])
            return
        before, last = self._books.get((name, instrument.name), ({"asks": [], "bids": []}, -1))
        self._books[name, instrument.name] = ({"asks": asks, "bids": bids}, seq)
        row = {
            "asks": _changed_levels(before["asks"], asks),
            "bids": _changed_levels(before["bids"], bids),
            "checksum": market.book_checksum(bids, asks),
            "prevSeqId": last,
            **stamps,
        }
        self.publish(channel, [row], action="snapshot" if last == -1 else "update")


def _changed_levels(before: list[list[str]], after: list[list[str]]) -> list[list[str]]:
    """Return levels that are new or changed, and removed ones with size 0."""
    removed = {level[0] for level in before} - {level[0] for level in after}
    changed = [level for level in after if level not in before]
    return changed + [[price, "0", "0", "0"] for price in sorted(removed)]
