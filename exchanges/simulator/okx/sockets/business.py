"""OKX's business socket: conditional orders after `login`, candles without it."""

from collections.abc import Mapping

from aiohttp import web

from exchanges.simulator.engine.changes import Changes
from exchanges.simulator.okx import market, rows, symbols
from exchanges.simulator.okx.errors import OkxError
from exchanges.simulator.okx.sockets import private, socket
from exchanges.simulator.orders.conditional_orders import WaitingEvent, WaitingOrder

CANDLE_PREFIX = "candle"


class BusinessSocket(private.PrivateSocket):
    channel_names = ("orders-algo", "algo-advance")

    def __init__(self, request: web.Request) -> None:
        super().__init__(request)
        for name in private.ORDER_OPERATIONS:
            del self.operations[name]

    def check_channel(self, channel: Mapping[str, str]) -> None:
        """Candles need no login; all other channels do."""
        if not channel["channel"].startswith(CANDLE_PREFIX):
            return super().check_channel(channel)
        try:
            market.parse_bar(channel["channel"].removeprefix(CANDLE_PREFIX))
            self.find_instrument(channel)
        except OkxError:
            raise socket.unknown_channel(channel) from None

    def send_snapshot(self, channel: Mapping[str, str]) -> None:
        if not channel["channel"].startswith(CANDLE_PREFIX):
            return
        instrument, history = self.find_instrument(channel), self.simulation.history
        interval = market.parse_bar(channel["channel"].removeprefix(CANDLE_PREFIX))
        candles = history.list_candles(instrument.market, interval, self.simulation.venue.now())
        self.publish(channel, [market.candle_row(instrument, candles[-1], True)])

    def on_changes(self, changes: Changes) -> None:
        for event in changes.events:
            if isinstance(event, WaitingEvent) and self.serves_key(event.account):
                self._publish_conditional_order(event.waiting)

    def _publish_conditional_order(self, waiting: WaitingOrder) -> None:
        engine = self.simulation.venue.engine
        instrument = symbols.instrument_by_symbol(engine, waiting.symbol)
        channel_name = rows.algo_type(waiting) == "move_order_stop"
        for channel in self.subscriptions_to("algo-advance" if channel_name else "orders-algo"):
            if private.matches_channel(channel, instrument.kind, instrument.name):
                self.publish(channel, [rows.algo_row(engine, waiting)])

    def tick(self) -> None:
        for channel in list(self.channels):
            self.send_snapshot(dict(channel))
