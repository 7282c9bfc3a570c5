"""Bybit's dead man's switch: it cancels when no socket with the topic `dcp` is left for a while.

The window is set by a request and stays. Only a socket that has subscribed to the topic can start
the countdown by its loss, so the switch is off without one.
"""

from typing import Any, ClassVar, Final

from exchanges.through_ccxt.client import CcxtAdapter

PRODUCTS: Final = {"spot": "SPOT", "linear": "DERIVATIVES"}
TOPICS: Final = {"spot": "dcp.spot", "linear": "dcp.future"}


class BybitDisconnection(CcxtAdapter):
    category: ClassVar[str]
    _guarded: Any = None  # the socket that has subscribed

    async def set_switch(self, seconds: int, symbol: str | None) -> None:
        """Set the window; there is none to take back, the socket's topic does that."""
        if seconds:
            params = {"product": PRODUCTS[self.category], "timeWindow": seconds}
            endpoint = self.client.private_post_v5_order_disconnected_cancel_all
            await self._send_command(endpoint, params)

    async def guard_stream(self, *, on: bool) -> None:
        """Subscribe the private socket to the topic, or unsubscribe it, once for each socket."""
        url = self.client.urls["api"]["ws"]["private"]["contract"]
        socket = (self.client.clients or {}).get(str(self.client.implode_hostname(url)))
        if socket is None or not socket.isConnected or (socket is self._guarded) == on:
            return
        operation = "subscribe" if on else "unsubscribe"
        await socket.send({"op": operation, "args": [TOPICS[self.category]]})
        self._guarded = socket if on else None
