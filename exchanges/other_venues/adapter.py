"""Adapter for any other venue that ccxt supports: polled, through ccxt's unified rows.

What cannot be asked is never concluded: an order that is only known by our name, and that no list
shows, is not absent but out of sight. Markets are spot, orders limit or market.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final

import ccxt
import ccxt.async_support

from exchanges import base
from exchanges.other_venues import rows
from exchanges.through_ccxt import client as through_ccxt_client
from exchanges.through_ccxt.client import CcxtAdapter
from exchanges.through_ccxt.rows import read_fills, read_row, read_rows
from exchanges.through_ccxt.sessions import CcxtSession
from exchanges.through_ccxt.values import Row, accepted_report

OPTIONS: Final = {
    "defaultType": "spot",
    "warnOnFetchOpenOrdersWithoutSymbol": False,
}
UNSUPPORTED: Final = (ccxt.ArgumentsRequired, ccxt.NotSupported)
BY_NUMBER: Final = (("fetchOrder",), ("fetchOpenOrder", "fetchClosedOrder"))
ENDED: Final = ("fetchCanceledAndClosedOrders", "fetchClosedOrders", "fetchCanceledOrders")
COUNTED_IN_QUOTE: Final = "this venue counts market buys in what they spend: use a limit order"
NO_STREAM: Final = "this venue is only polled"
NO_CONDITIONAL: Final = "orders that wait for a price are not placed at venues that are only polled"
NO_NAME: Final = "this venue cannot be asked for an order by our name, and no list shows it"


def make_client(venue: str, way: CcxtSession, **credentials: Any) -> Any:
    if venue not in ccxt.exchanges:
        raise base.RequestNotSent(f"ccxt knows no venue {venue}")
    kind = getattr(ccxt.async_support, venue)
    client = through_ccxt_client.make_client(kind, way, OPTIONS, **credentials)
    _only_spot(client)
    return client


class QueryUnsupported(base.RequestRefused):
    """The venue has no such query. Nothing was learned, and the order may well exist."""


class PolledAdapter(CcxtAdapter):
    """The adapter for a venue of which we know no more than ccxt does."""

    async def place_order(self, request: base.OrderRequest) -> base.OrderReport:
        if request.is_conditional or request.reduce_only:
            raise base.RequestRefused(NO_CONDITIONAL)
        await self._load_markets()
        self._check_precision(request)
        params: dict[str, Any] = {"clientOrderId": request.client_order_id}
        if request.type == "limit":
            params |= rows.time_in_force_params(request.time_in_force)
        row = await self._create_order(request, request.type, params)
        if not row.get("id"):
            raise base.UnknownOutcome("accepted, but the venue named no order")
        # What became of it at once is asked for: replies differ too much to read more than the id.
        return accepted_report(request, row["id"], row.get("info") or {})

    async def cancel_order(self, order: base.OrderName) -> base.OrderReport:
        """Cancel, then fetch the order: venues answer a cancel in too many ways."""
        number = order.exchange_order_id or (await self.fetch_order(order)).exchange_order_id
        await self.call_ccxt(lambda: self.client.cancel_order(number, order.symbol), writing=True)
        return await self.fetch_order(replace(order, exchange_order_id=number))

    async def fetch_order(self, order: base.OrderName) -> base.OrderReport:
        await self._load_markets()
        if order.exchange_order_id:
            row = await self._find_by_number(order.exchange_order_id, order.symbol)
        else:
            ours = order.client_order_id
            row = await self._find_in_lists(
                order.symbol, lambda row: row.get("clientOrderId") == ours
            )
        return await self._prove_report(read_row(row, rows.order_report, what="order"))

    async def fetch_open_orders(
        self, symbol: str | None, *, conditional: bool = False
    ) -> Sequence[base.OrderReport]:
        await self._load_markets()
        infos = await self._fetch_list("fetchOpenOrders", symbol)
        return read_rows(infos, partial(rows.order_report, listed_as_open=True), what="order")

    async def fetch_fills(self, order: base.OrderName) -> Sequence[base.FillReport]:
        await self._load_markets()
        number = order.exchange_order_id or (await self.fetch_order(order)).exchange_order_id
        infos = await self._fetch_trades(number, order.symbol)
        parts = (row for row in infos if rows.belongs_to_order(row, number))
        return read_fills(parts, partial(rows.fill_report, number=number))

    async def fetch_balances(self) -> Sequence[base.BalanceReport]:
        return rows.balance_reports(await self.call_ccxt(lambda: self.client.fetch_balance()))

    async def follow_stream(
        self, on_update: base.OnUpdate, *, connected: Callable[[], None]
    ) -> None:
        raise base.RequestRefused(NO_STREAM)

    async def fetch_permissions(self) -> base.KeyReport:
        """Prove that the key can read; ccxt has no common way to ask for its other permissions."""
        await self.fetch_balances()
        return base.KeyReport(can_read=True, can_trade=None, can_withdraw=None, ip_restricted=None)

    def _read_rules(self, market: Row) -> base.SymbolRules:
        return rows.symbol_rules(market, self.client.precisionMode)

    async def _find_by_number(self, number: str, symbol: str) -> Row:
        """Fetch by the venue's id; a venue that does not know it has no such order."""
        for names in BY_NUMBER:
            if all(map(self._supports_call, names)):
                try:
                    return await self._call_first(names, number, symbol)
                except QueryUnsupported:  # at this venue only with more than an id
                    continue
        return await self._find_in_lists(symbol, lambda row: str(row.get("id")) == number)

    async def _call_first(self, names: Sequence[str], number: str, symbol: str) -> Row:
        for name in names:
            try:
                row: Row = await self._call_method(name, number, symbol)
            except base.NotFound:
                continue
            return row
        raise base.NotFound(f"{self.client.id} knows no order {number}")

    async def _find_in_lists(self, symbol: str, matches: Callable[[Row], bool]) -> Row:
        """Search the lists. They may be cut, late or without our ids, so absence proves nothing."""
        ended = ("fetchOrders",) if self._supports_call("fetchOrders") else ENDED
        for name in ("fetchOpenOrders", *ended):
            if self._supports_call(name):
                matching = [row for row in await self._fetch_list(name, symbol) if matches(row)]
                if matching:
                    return matching[-1]
        raise QueryUnsupported(NO_NAME)

    async def _prove_report(self, report: base.OrderReport) -> base.OrderReport:
        """Prove a report by its fills where ccxt only assumes that "closed" means filled."""
        if not rows.is_inferred(report) or not self._lists_trades():
            return report
        name = base.OrderName(
            symbol=report.symbol,
            client_order_id=report.client_order_id or "",
            exchange_order_id=report.exchange_order_id,
        )
        return rows.prove_by_fills(report, await self.fetch_fills(name))

    async def _fetch_trades(self, number: str, symbol: str) -> Iterable[Row]:
        if self._supports_call("fetchOrderTrades"):
            infos: Iterable[Row] = await self._call_method("fetchOrderTrades", number, symbol)
            return infos
        return await self._fetch_list("fetchMyTrades", symbol) if self._lists_trades() else ()

    def _lists_trades(self) -> bool:
        return self._supports_call("fetchOrderTrades") or self._supports_call("fetchMyTrades")

    async def _fetch_list(self, name: str, symbol: str | None) -> list[Row]:
        """Fetch one page, as long as the venue allows."""
        limit = self.client.feature_value_by_type("spot", None, name, "limit")
        infos: list[Row] = await self._call_method(name, symbol, None, limit)
        return infos

    async def _call_method(self, name: str, *arguments: Any) -> Any:
        ask: Callable[..., Awaitable[Any]] = getattr(self.client, name)

        async def call() -> Any:
            try:
                return await ask(*arguments)
            except UNSUPPORTED:
                raise QueryUnsupported("this venue cannot be asked that") from None

        return await self.call_ccxt(call)

    def _supports_call(self, name: str) -> bool:
        return self.client.has.get(name) is True  # not "emulated": that is a guess from a list

    def _check_precision(self, request: base.OrderRequest) -> None:
        """Refuse what ccxt would round silently, and market buys counted in quote."""
        if reason := rows.find_rounding(self.client, request):
            raise base.RequestRefused(reason)
        feature = ("spot", None, "createOrder", "marketBuyRequiresPrice")
        is_market_buy = request.type == "market" and request.side == "buy"
        if is_market_buy and self.client.feature_value_by_type(*feature):
            raise base.RequestRefused(COUNTED_IN_QUOTE)


def _only_spot(client: Any) -> None:
    """Load only spot markets, where ccxt lets us choose."""
    types = (client.options.get("fetchMarkets") or {}).get("types")
    if isinstance(types, list) and "spot" in types:
        client.options["fetchMarkets"]["types"] = ["spot"]
    elif isinstance(types, dict) and "spot" in types:
        client.options["fetchMarkets"]["types"] = {name: name == "spot" for name in types}
