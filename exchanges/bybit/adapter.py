"""Bybit, unified account: spot and linear contracts, told apart by their category."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, ClassVar, Final

import ccxt.pro

from exchanges.base import (
    BalanceReport,
    FillReport,
    Heard,
    KeyInvalid,
    KeyReport,
    NeverSent,
    NotFound,
    OrderName,
    OrderReport,
    OrderRequest,
    PositionReport,
    Refused,
    SymbolRules,
    Throttled,
    UnknownOutcome,
    VenueDown,
)
from exchanges.bybit import rows
from exchanges.bybit.requests import AskingBybit
from exchanges.bybit.stream import PrivateStream
from exchanges.through_ccxt import client
from exchanges.through_ccxt.client import Row, verified
from exchanges.through_ccxt.sessions import Way

ORDERS_PAGE: Final = 50
PARTS_PAGE: Final = 100
POSITIONS_PAGE: Final = 200
NOT_MODIFIED: Final = "(110043)"
IN_USE: Final = "(3400045)"
NO_TRAILING: Final = (
    "Bybit's trailing stop belongs to a whole position and has no name of ours:"
    " set it there, or use a stop-loss order"
)
CLASSIC: Final = "this Bybit account is of the old kind: upgrade it to a unified trading account"
OPTIONS: Final = {
    "enableUnifiedAccount": True,
    "enableUnifiedMargin": False,
    "recvWindow": 5000,
    "ordersLimit": 10,  # ccxt keeps what it passes on, and nobody here reads that
    "tradesLimit": 10,
}


def connect_spot(way: Way, **credentials: Any) -> Any:
    options = OPTIONS | {"defaultType": "spot", "fetchMarkets": {"types": ["spot"]}}
    return client.connect(ccxt.pro.bybit, way, options, **credentials)


def connect_linear(way: Way, **credentials: Any) -> Any:
    options = OPTIONS | {"defaultType": "swap", "fetchMarkets": {"types": ["linear"]}}
    return client.connect(ccxt.pro.bybit, way, options, **credentials)


class _Bybit(AskingBybit):
    """One key's way to ask one category; requests are Bybit's own, sent and checked by ccxt."""

    trades: ClassVar[frozenset[str]]  # the rights of which one allows to trade
    topics: ClassVar[tuple[str, ...]]
    waiting: ClassVar[str]  # the filter that finds what waits for its trigger

    async def place(self, request: OrderRequest) -> OrderReport:
        if request.type == "trailing_stop":
            raise Refused(NO_TRAILING)
        params = rows.wish(request, category=self.category, symbol=await self._id(request.symbol))
        answer = await self._write(self.client.private_post_v5_order_create, params)
        placed = rows.accepted_report(request, answer)
        return await verified(self.order, placed) if request.is_conditional else placed

    async def cancel(self, order: OrderName) -> OrderReport:
        """Its answer is only a name, so what became of the order is asked for."""
        await self._cancel(await self._named(order), order)
        return await self.order(order)

    async def _cancel(self, params: dict[str, Any], order: OrderName) -> None:
        await self._write(self.client.private_post_v5_order_cancel, params)

    async def order(self, order: OrderName) -> OrderReport:
        """Open and recently ended orders are in one list, all that ended in another."""
        params = await self._named(order)
        for asked in (
            self.client.private_get_v5_order_realtime,
            self.client.private_get_v5_order_history,
        ):
            found = (await self._read(asked, params))["list"]
            if found:
                newest = max(found, key=lambda info: int(info.get("updatedTime") or 0))
                return rows.order_report(newest, self._symbol)
        raise NotFound(f"Bybit knows no order {order.exchange_order_id or order.client_order_id}")

    async def open_orders(
        self, symbol: str | None, *, conditional: bool = False
    ) -> Sequence[OrderReport]:
        """All kinds are in one list; `conditional` leaves only what waits for its trigger."""
        kind = {"orderFilter": self.waiting} if conditional else {}
        found = []
        for scope in await self._scopes(symbol):
            found += await self._pages(
                self.client.private_get_v5_order_realtime, scope | kind, ORDERS_PAGE
            )
        return [rows.order_report(info, self._symbol) for info in found]

    async def fills(self, order: OrderName) -> Sequence[FillReport]:
        params = await self._named(order)
        found = await self._pages(self.client.private_get_v5_execution_list, params, PARTS_PAGE)
        return [self._fill(info) for info in reversed(found) if rows.is_part(info)]

    async def balances(self) -> Sequence[BalanceReport]:
        params = {"accountType": "UNIFIED"}
        answer = await self._read(self.client.private_get_v5_account_wallet_balance, params)
        return [rows.balance_report(coin) for row in answer["list"] for coin in row["coin"]]

    async def positions(self) -> Sequence[PositionReport]:
        return ()

    async def set_leverage(self, symbol: str, *, leverage: int, margin_mode: str) -> None:
        raise Refused("spot orders have no leverage")

    async def key(self) -> KeyReport:
        may = await self._read(self.client.private_get_v5_user_query_api, {})
        if str(may.get("uta")) == "0":
            raise KeyInvalid(CLASSIC)
        rights = {right for rights in may["permissions"].values() for right in rights}
        return KeyReport(
            can_read=True,
            can_trade=str(may["readOnly"]) == "0" and not rights.isdisjoint(self.trades),
            can_withdraw="Withdraw" in rights,
            ip_restricted="*" not in (may.get("ips") or ["*"]),
        )

    async def rules(self) -> Sequence[SymbolRules]:
        markets = await self._ask(lambda: self.client.load_markets())
        return [rows.symbol_rules(market) for market in markets.values() if self._serves(market)]

    async def listen(self, hear: Callable[[Heard], None], *, connected: Callable[[], None]) -> None:
        stream = PrivateStream(self.client, self.topics, self._heard, hear)
        await self._ask(lambda: stream.follow(connected))

    def _heard(self, topic: str, data: Any) -> Heard:
        if topic == "wallet":
            coins = [coin for row in data for coin in row["coin"]]
            return Heard(balances=tuple(rows.balance_report(coin) for coin in coins))
        ours = [info for info in data or () if info.get("category") == self.category]
        if topic == "order":
            return Heard(orders=tuple(rows.order_report(info, self._symbol) for info in ours))
        if topic == "execution":
            parts = [info for info in ours if rows.is_part(info)]
            return Heard(orders=tuple(rows.executed_report(i, self._fill(i)) for i in parts))
        if topic == "position":
            return Heard(positions=tuple(self._position(info) for info in ours))
        return Heard()

    def _position(self, info: Row) -> PositionReport:
        raise NotImplementedError

    def _serves(self, market: Row) -> bool:
        raise NotImplementedError


class BybitSpot(_Bybit):
    category = "spot"
    trades = frozenset({"SpotTrade"})
    topics = ("order", "execution", "wallet")
    waiting = rows.WAITING

    async def place(self, request: OrderRequest) -> OrderReport:
        if request.trigger_price is not None:
            await self._check_direction(request)
        return await super().place(request)

    async def _check_direction(self, request: OrderRequest) -> None:
        """Bybit would take a stop on the wrong side of the price for a take-profit."""
        params = {"category": self.category, "symbol": await self._id(request.symbol)}
        try:
            answer = await self._read(self.client.public_get_v5_market_tickers, params)
        except Throttled:
            raise
        except VenueDown as error:
            raise NeverSent(f"the price is not known: {error}") from error
        last = Decimal(answer["list"][0]["lastPrice"])
        trigger = request.trigger_price or last
        if trigger >= last if rows.falls(request) else trigger <= last:
            raise Refused(f"the price, {last}, has already reached the trigger at {trigger}")

    async def _cancel(self, params: dict[str, Any], order: OrderName) -> None:
        """What waits for its trigger is only found if that is said, anything else if it is not."""
        waiting = params | {"orderFilter": rows.WAITING}
        first, second = (waiting, params) if order.is_conditional else (params, waiting)
        try:
            await super()._cancel(first, order)
        except NotFound:
            await super()._cancel(second, order)

    def _serves(self, market: Row) -> bool:
        return bool(market["spot"] and market["active"])


class BybitLinear(_Bybit):
    """Perpetual contracts that settle in a stable coin; the margin mode is the whole account's."""

    category = "linear"
    trades = frozenset({"Order", "DerivativesTrade"})
    topics = ("order", "execution", "wallet", "position")
    waiting = "StopOrder"
    margin_mode: str | None = None

    async def positions(self) -> Sequence[PositionReport]:
        await self._read_margin_mode()
        found = []
        for scope in await self._scopes(None):
            found += await self._pages(
                self.client.private_get_v5_position_list, scope, POSITIONS_PAGE
            )
        reports = [self._position(info) for info in found]
        return [report for report in reports if report.quantity]

    async def set_leverage(self, symbol: str, *, leverage: int, margin_mode: str) -> None:
        if await self._read_margin_mode() != margin_mode:
            wanted = {name: mode for mode, name in rows.MARGIN_MODES.items()}[margin_mode]
            await self._set_margin_mode(wanted)
            self.margin_mode = margin_mode
        by_side = {"buyLeverage": str(leverage), "sellLeverage": str(leverage)}
        params = {"category": self.category, "symbol": await self._id(symbol), **by_side}
        try:
            await self._write(self.client.private_post_v5_position_set_leverage, params)
        except Refused as refused:
            if NOT_MODIFIED not in str(refused):
                raise

    async def _set_margin_mode(self, wanted: str) -> None:
        try:
            await self._write(
                self.client.private_post_v5_account_set_margin_mode, {"setMarginMode": wanted}
            )
        except UnknownOutcome as unknown:
            if IN_USE in str(unknown):
                raise Refused(str(unknown)) from None  # ccxt does not know it for a refusal
            raise

    async def listen(self, hear: Callable[[Heard], None], *, connected: Callable[[], None]) -> None:
        await self._read_margin_mode()
        await super().listen(hear, connected=connected)

    async def _read_margin_mode(self) -> str | None:
        info = await self._read(self.client.private_get_v5_account_info, {})
        self.margin_mode = rows.MARGIN_MODES.get(info["marginMode"])
        return self.margin_mode

    def _position(self, info: Row) -> PositionReport:
        return rows.position_report(info, self._symbol, self.margin_mode)

    def _serves(self, market: Row) -> bool:
        return bool(market["swap"] and market["linear"] and market["active"])

    async def _scopes(self, symbol: str | None) -> list[dict[str, Any]]:
        """Contracts are only listed by symbol or by what they settle in."""
        if symbol is not None:
            return await super()._scopes(symbol)
        markets = await self._ask(lambda: self.client.load_markets())
        coins = sorted({market["settle"] for market in markets.values() if self._serves(market)})
        return [{"category": self.category, "settleCoin": coin} for coin in coins]
