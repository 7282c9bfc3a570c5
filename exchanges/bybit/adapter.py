"""Bybit's adapters for a unified account: spot and linear contracts."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import partial
from typing import Any, ClassVar, Final

import ccxt.pro

from exchanges import base
from exchanges.bybit import rows
from exchanges.bybit.requests import build_amendment
from exchanges.bybit.statement import BybitStatement
from exchanges.bybit.stream import PrivateStream
from exchanges.bybit.trailing import TrailingStops
from exchanges.through_ccxt import client, position_mode
from exchanges.through_ccxt.client import verify_placed
from exchanges.through_ccxt.errors import before_sending
from exchanges.through_ccxt.rows import (
    read_balance_update,
    read_fills,
    read_first,
    read_held,
    read_order_update,
    read_position_update,
    read_rows,
)
from exchanges.through_ccxt.sessions import CcxtSession
from exchanges.through_ccxt.values import Row, accepted_report

ORDERS_PAGE: Final = 50
FILLS_PAGE: Final = 100
POSITIONS_PAGE: Final = 200
NOT_MODIFIED: Final = "(110043)"
IN_USE: Final = "(3400045)"
SAME_POSITION_MODE: Final = "(110025)"
WRONG_SIDE: Final = "position idx not match"  # its code is that of any bad parameter
NO_TRAILING: Final = "Bybit spot has no trailing stops: use a stop-loss order"
CLASSIC: Final = "this Bybit account is of the old kind: upgrade it to a unified trading account"
OPTIONS: Final = {
    "enableUnifiedAccount": True,
    "enableUnifiedMargin": False,
    "recvWindow": 5000,
    "ordersLimit": 10,  # ccxt keeps what it passes on, and nobody here reads that
    "tradesLimit": 10,
}


def make_spot_client(way: CcxtSession, **credentials: Any) -> Any:
    options = OPTIONS | {"defaultType": "spot", "fetchMarkets": {"types": ["spot"]}}
    return client.make_client(ccxt.pro.bybit, way, options, **credentials)


def make_linear_client(way: CcxtSession, **credentials: Any) -> Any:
    options = OPTIONS | {"defaultType": "swap", "fetchMarkets": {"types": ["linear"]}}
    return client.make_client(ccxt.pro.bybit, way, options, **credentials)


class BybitAdapter(BybitStatement):
    """The adapter for one category. Requests are Bybit's own, sent through ccxt."""

    trade_rights: ClassVar[frozenset[str]]  # the rights of which one allows to trade
    topics: ClassVar[tuple[str, ...]]
    conditional_filter: ClassVar[str]  # the filter that finds what waits for its trigger

    async def place_order(self, request: base.OrderRequest) -> base.OrderReport:
        if request.type == "trailing_stop":
            raise base.RequestRefused(NO_TRAILING)
        params = rows.build_order(
            request, category=self.category, symbol=await self._market_id(request.symbol)
        )
        with position_mode.name_mismatch(WRONG_SIDE):
            answer = await self._send_command(self.client.private_post_v5_order_create, params)
        placed = accepted_report(request, answer["orderId"], answer)
        return await verify_placed(self.fetch_order, placed) if request.is_conditional else placed

    async def cancel_order(self, order: base.OrderName) -> base.OrderReport:
        """Cancel, then fetch the order: the answer is only an id."""
        await self._send_cancel(await self._order_params(order), order)
        return await self.fetch_order(order)

    async def _send_cancel(self, params: dict[str, Any], order: base.OrderName) -> None:
        await self._send_command(self.client.private_post_v5_order_cancel, params)

    async def amend_order(
        self, order: base.OrderName, wanted: base.OrderRequest
    ) -> base.OrderReport:
        """Amend, then fetch the order: the answer says only that the request was taken."""
        params = await self._order_params(order) | build_amendment(wanted)
        await self._send_command(self.client.private_post_v5_order_amend, params)
        return await self.fetch_order(order)

    async def fetch_order(self, order: base.OrderName) -> base.OrderReport:
        """Look in the list of open and recently ended orders, then in the history."""
        params = await self._order_params(order)
        for endpoint in (
            self.client.private_get_v5_order_realtime,
            self.client.private_get_v5_order_history,
        ):
            infos = (await self._send_query(endpoint, params))["list"]
            if infos:
                infos.sort(key=lambda info: int(info.get("updatedTime") or 0), reverse=True)
                return read_first(infos, self._read_order, what="order")
        raise base.NotFound(
            f"Bybit knows no order {order.exchange_order_id or order.client_order_id}"
        )

    async def fetch_open_orders(
        self, symbol: str | None, *, conditional: bool = False
    ) -> Sequence[base.OrderReport]:
        """List open orders of all kinds; `conditional` keeps only those waiting for a trigger."""
        await self.listings.learn()  # of a coin that contracts settle in: they are listed by it
        kind = {"orderFilter": self.conditional_filter} if conditional else {}
        infos = []
        for scope in await self._list_scopes(symbol):
            infos += await self._fetch_pages(
                self.client.private_get_v5_order_realtime, scope | kind, ORDERS_PAGE
            )
        return await self._read_orders(infos, self._read_order)

    async def fetch_fills(self, order: base.OrderName) -> Sequence[base.FillReport]:
        params = await self._order_params(order)
        infos = await self._fetch_pages(
            self.client.private_get_v5_execution_list, params, FILLS_PAGE
        )
        return read_fills(filter(rows.is_fill, reversed(infos)), self._make_fill)

    async def fetch_balances(self) -> Sequence[base.BalanceReport]:
        params = {"accountType": "UNIFIED"}
        answer = await self._send_query(self.client.private_get_v5_account_wallet_balance, params)
        coins = (coin for row in answer["list"] for coin in row["coin"])
        return read_rows(coins, rows.balance_report, what="balance")

    async def fetch_permissions(self) -> base.KeyReport:
        may = await self._send_query(self.client.private_get_v5_user_query_api, {})
        if str(may.get("uta")) == "0":
            raise base.KeyInvalid(CLASSIC)
        rights = {right for rights in may["permissions"].values() for right in rights}
        return base.KeyReport(
            can_read=True,
            can_trade=str(may["readOnly"]) == "0" and not rights.isdisjoint(self.trade_rights),
            can_withdraw="Withdraw" in rights,
            ip_restricted="*" not in (may.get("ips") or ["*"]),
        )

    async def follow_stream(
        self, on_update: base.OnUpdate, *, connected: Callable[[], None]
    ) -> None:
        stream = PrivateStream(self.client, self.topics, self._read_frame, on_update)
        await self.call_ccxt(lambda: stream.follow_until_broken(connected))

    def _read_frame(self, topic: str, data: Any) -> base.StreamUpdate:
        if topic == "wallet":
            coins = [coin for row in data for coin in row["coin"]]
            return read_balance_update(coins, rows.balance_report)
        ours = [info for info in data or () if info.get("category") == self.category]
        if topic == "order":
            read = partial(self._report_order, named=self._to_streamed_symbol)
            return read_order_update(ours, read)
        if topic == "execution":
            return read_order_update(filter(rows.is_fill, ours), self._read_fill_order)
        if topic == "position":
            return read_position_update(ours, self._make_position)
        return base.StreamUpdate()

    def _read_order(self, info: Row) -> base.OrderReport:
        return self._report_order(info, self._to_symbol)

    def _report_order(self, info: Row, named: rows.ParseSymbol) -> base.OrderReport:
        return rows.order_report(info, named)

    def _read_fill_order(self, info: Row) -> base.OrderReport:
        self._to_streamed_symbol(info["symbol"])
        return rows.fill_order_report(info, self._make_fill(info))

    def _make_position(self, info: Row) -> base.PositionReport:
        raise NotImplementedError

    def _read_rules(self, market: Row) -> base.SymbolRules:
        return rows.symbol_rules(market)


class BybitSpot(BybitAdapter):
    category = "spot"
    trade_rights = frozenset({"SpotTrade"})
    topics = ("order", "execution", "wallet")
    conditional_filter = rows.WAITING

    async def place_order(self, request: base.OrderRequest) -> base.OrderReport:
        if request.trigger_price is not None:
            await self._check_direction(request)
        return await super().place_order(request)

    def _report_order(self, info: Row, named: rows.ParseSymbol) -> base.OrderReport:
        report = super()._report_order(info, named)
        return rows.settle_quote_order(report, info, (self.client.markets or {}).get(report.symbol))

    async def _check_direction(self, request: base.OrderRequest) -> None:
        """Bybit would take a stop on the wrong side of the price for a take-profit."""
        params = {"category": self.category, "symbol": await self._market_id(request.symbol)}
        with before_sending("the price is not known"):
            answer = await self._send_query(self.client.public_get_v5_market_tickers, params)
        last = Decimal(answer["list"][0]["lastPrice"])
        trigger = request.trigger_price or last
        if trigger >= last if rows.triggers_on_fall(request) else trigger <= last:
            raise base.RequestRefused(
                f"the price, {last}, has already reached the trigger at {trigger}"
            )

    async def _send_cancel(self, params: dict[str, Any], order: base.OrderName) -> None:
        """Try with the filter and without: conditional orders are found only with it."""
        waiting = params | {"orderFilter": rows.WAITING}
        first, second = (waiting, params) if order.is_conditional else (params, waiting)
        try:
            await super()._send_cancel(first, order)
        except base.NotFound:
            await super()._send_cancel(second, order)


class BybitLinear(BybitAdapter, TrailingStops):
    """Perpetual contracts that settle in a stable coin; the margin mode is the whole account's."""

    category = "linear"
    is_futures = True
    trade_rights = frozenset({"Order", "DerivativesTrade"})
    topics = ("order", "execution", "wallet", "position")
    conditional_filter = "StopOrder"
    margin_mode: str | None = None

    async def place_order(self, request: base.OrderRequest) -> base.OrderReport:
        if request.type == "trailing_stop":
            return await self.place_trailing_stop(request, wrong_side=WRONG_SIDE)
        return await super().place_order(request)

    async def fetch_positions(self) -> Sequence[base.PositionReport]:
        await self._read_margin_mode()
        infos = []
        for scope in await self._list_scopes(None):
            infos += await self._fetch_pages(
                self.client.private_get_v5_position_list, scope, POSITIONS_PAGE
            )
        await self.listings.learn_ids(info.get("symbol") for info in infos)
        return read_held(infos, self._make_position)

    async def set_leverage(self, symbol: str, *, leverage: int, margin_mode: str) -> None:
        if await self._read_margin_mode() != margin_mode:
            mode_name = {name: mode for mode, name in rows.MARGIN_MODES.items()}[margin_mode]
            await self._set_margin_mode(mode_name)
            self.margin_mode = margin_mode
        by_side = {"buyLeverage": str(leverage), "sellLeverage": str(leverage)}
        params = {"category": self.category, "symbol": await self._market_id(symbol), **by_side}
        try:
            await self._send_command(self.client.private_post_v5_position_set_leverage, params)
        except base.RequestRefused as refused:
            if NOT_MODIFIED not in str(refused):
                raise

    async def fetch_position_mode(self) -> bool | None:
        """Read it off the positions of a symbol: with two sides it has two, open or not."""
        params = {"category": self.category, "symbol": position_mode.COMMON_SYMBOL}
        answer = await self._send_query(self.client.private_get_v5_position_list, params)
        return any(str(info.get("positionIdx")) in rows.SIDES for info in answer["list"])

    async def set_position_mode(self, *, hedged: bool) -> None:
        """Set it for all contracts that settle in USDT; those in USDC have one way only."""
        params = {"category": self.category, "coin": "USDT", "mode": 3 if hedged else 0}
        with position_mode.accept_unchanged(SAME_POSITION_MODE):
            await self._send_command(self.client.private_post_v5_position_switch_mode, params)

    async def _set_margin_mode(self, mode_name: str) -> None:
        try:
            await self._send_command(
                self.client.private_post_v5_account_set_margin_mode, {"setMarginMode": mode_name}
            )
        except base.UnknownOutcome as unknown:
            if IN_USE not in str(unknown):
                raise
            raise base.RequestRefused(str(unknown)) from None  # which ccxt does not know it for

    async def follow_stream(
        self, on_update: base.OnUpdate, *, connected: Callable[[], None]
    ) -> None:
        await self._read_margin_mode()
        await super().follow_stream(on_update, connected=connected)

    async def _read_margin_mode(self) -> str | None:
        info = await self._send_query(self.client.private_get_v5_account_info, {})
        self.margin_mode = rows.MARGIN_MODES.get(info["marginMode"])
        return self.margin_mode

    def _make_position(self, info: Row) -> base.PositionReport:
        return rows.position_report(info, self._to_symbol, self.margin_mode)

    async def _list_scopes(self, symbol: str | None) -> list[dict[str, Any]]:
        """Contracts are only listed by symbol or by what they settle in."""
        if symbol is not None:
            return await super()._list_scopes(symbol)
        served = filter(self._is_served, (await self._load_markets()).values())
        coins = sorted({market["settle"] for market in served if market["active"]})
        return [{"category": self.category, "settleCoin": coin} for coin in coins]
