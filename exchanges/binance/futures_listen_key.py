"""Listen keys of Binance USD-M futures, by which the account's own stream is opened."""

from collections.abc import Callable
from typing import Any, Final

from exchanges import base
from exchanges.binance.futures_statement import BinanceFuturesStatement

NO_LISTEN_KEY: Final = "(-1125)"  # which ccxt takes for a fault of the API key


class BinanceListenKey(BinanceFuturesStatement):
    """An adapter that creates, keeps and closes the account's listen key."""

    async def create_listen_key(self) -> str:
        """Return the account's listen key, or a new one; either lasts an hour from now."""
        answer = await self._send_query(self.client.fapiprivate_post_listenkey, {})
        return str(answer["listenKey"])

    async def keep_listen_key(self, listen_key: str) -> None:
        """Extend the listen key by an hour. The account has only one."""
        await self._send_listen_key(self.client.fapiprivate_put_listenkey, listen_key)

    async def close_listen_key(self, listen_key: str) -> None:
        await self._send_listen_key(self.client.fapiprivate_delete_listenkey, listen_key)

    async def _send_listen_key(self, endpoint: Callable[..., Any], listen_key: str) -> None:
        try:
            await self._send_query(endpoint, {"listenKey": listen_key})
        except base.KeyInvalid as invalid:
            if NO_LISTEN_KEY not in str(invalid):
                raise
            raise base.NotFound(str(invalid)) from None
