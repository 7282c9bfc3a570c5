"""Binance USD-M's dead man's switch: a countdown for each symbol, after which it cancels."""

from exchanges.base import RequestRefused
from exchanges.through_ccxt.client import CcxtAdapter


class BinanceFuturesSwitch(CcxtAdapter):
    async def set_switch(self, seconds: int, symbol: str | None) -> None:
        """Start the symbol's countdown anew, or end it. Its conditional orders are not meant."""
        if symbol is None:
            raise RequestRefused("Binance counts for each symbol")
        params = {"symbol": await self._market_id(symbol), "countdownTime": seconds * 1000}
        await self._send_command(self.client.fapiprivate_post_countdowncancelall, params)
