"""OKX's business socket: conditional orders after `login`, candles for everybody."""

from collections.abc import Mapping

from aiohttp import web

from exchanges.simulator.okx_private import PrivateSocket
from exchanges.simulator.okx_public import CandleChannels


class BusinessSocket(PrivateSocket):
    names = ("orders-algo",)

    def __init__(self, request: web.Request) -> None:
        super().__init__(request)
        self._candles = CandleChannels(self)

    def check(self, channel: Mapping[str, str]) -> None:
        if not self._candles.knows(channel):
            super().check(channel)

    def subscribed(self, channel: Mapping[str, str]) -> None:
        if self._candles.knows(channel):
            self._candles.tell(channel)

    def tick(self) -> None:
        super().tick()
        self._candles.tick()
