"""OKX's business socket: conditional orders after `login`, candles for everybody."""

from collections.abc import Mapping

from aiohttp import web

from exchanges.simulator.engine.engine import Changes
from exchanges.simulator.okx.conditional_rows import algo_row, algo_type
from exchanges.simulator.okx.private_socket import TRADING, PrivateSocket, concerns
from exchanges.simulator.okx.public_socket import CandleChannels
from exchanges.simulator.okx.symbols import in_core
from exchanges.simulator.orders.conditional_orders import WaitingEvent, WaitingOrder


class BusinessSocket(PrivateSocket):
    names = ("orders-algo", "algo-advance")

    def __init__(self, request: web.Request) -> None:
        super().__init__(request)
        for name in TRADING:
            del self.operations[name]
        self._candles = CandleChannels(self)

    def check(self, channel: Mapping[str, str]) -> None:
        if not self._candles.knows(channel):
            super().check(channel)

    def subscribed(self, channel: Mapping[str, str]) -> None:
        if self._candles.knows(channel):
            self._candles.tell(channel)

    def hear(self, changes: Changes) -> None:
        for event in changes.events:
            if isinstance(event, WaitingEvent) and self.serves_key(event.account):
                self._tell_waiting(event.waiting)

    def _tell_waiting(self, waiting: WaitingOrder) -> None:
        engine = self.simulation.venue.engine
        one = in_core(engine, waiting.symbol)
        trails = algo_type(waiting) == "move_order_stop"
        for channel in self.subscribed_to("algo-advance" if trails else "orders-algo"):
            if concerns(channel, one.kind, one.name):
                self.tell(channel, [algo_row(engine, waiting)])

    def tick(self) -> None:
        super().tick()
        self._candles.tick()
