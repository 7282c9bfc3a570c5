"""Send requests to Bybit: by category and symbol, page by page."""

from collections.abc import Callable
from typing import Any, Final

from exchanges.base import FillReport, OrderName, OrderRequest, RequestRefused, UnknownOutcome
from exchanges.bybit import rows
from exchanges.bybit.disconnection import BybitDisconnection
from exchanges.through_ccxt.values import Row

TIMED_OUT: Final = ("(170146)", "(170147)")  # ccxt takes these for refusals


def build_amendment(wanted: OrderRequest) -> dict[str, str]:
    """Build the terms that an order shall have; its ids are named beside them."""
    terms = {
        "qty": wanted.quantity,
        "price": wanted.price,
        "triggerPrice": wanted.trigger_price,
    }
    return {name: f"{value:f}" for name, value in terms.items() if value is not None}


class BybitRequests(BybitDisconnection):
    async def _list_scopes(self, symbol: str | None) -> list[dict[str, Any]]:
        """Return the scopes of a list request: one symbol, or the whole category."""
        if symbol is None:
            return [{"category": self.category}]
        return [{"category": self.category, "symbol": await self._market_id(symbol)}]

    async def _order_params(self, order: OrderName) -> dict[str, Any]:
        scope = {"category": self.category, "symbol": await self._market_id(order.symbol)}
        return scope | rows.id_params(order)

    def _make_fill(self, info: Row) -> FillReport:
        symbol = self._to_symbol(info["symbol"])
        return rows.fill_report(info, symbol, (self.client.markets or {}).get(symbol, {}))

    async def _fetch_pages(
        self, endpoint: Callable[..., Any], params: dict[str, Any], limit: int
    ) -> list[Any]:
        """Fetch all pages. The last one has a cursor too, so a short page is the end."""
        infos: list[Any] = []
        cursor: dict[str, Any] = {}
        while True:
            page = await self._send_query(endpoint, params | {"limit": limit} | cursor)
            infos += page["list"]
            following = page.get("nextPageCursor")
            if not following or len(page["list"]) < limit or cursor == {"cursor": following}:
                return infos
            cursor = {"cursor": following}

    async def _send_query(self, endpoint: Callable[..., Any], params: Any) -> Any:
        return (await super()._send_query(endpoint, params))["result"]

    async def _send_command(self, endpoint: Callable[..., Any], params: Any) -> Any:
        try:
            return (await super()._send_command(endpoint, params))["result"]
        except RequestRefused as refused:
            if any(code in str(refused) for code in TIMED_OUT):
                raise UnknownOutcome(str(refused)) from None
            raise
