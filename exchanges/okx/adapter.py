"""OKX's adapters for spot and swaps. Requests go through ccxt, rows are read by us."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Any, ClassVar, Final

from exchanges import base
from exchanges.okx import requests as wishes
from exchanges.okx import rows, stream
from exchanges.okx.endpoints import with_market
from exchanges.okx.statement import OkxStatement
from exchanges.through_ccxt import position_mode
from exchanges.through_ccxt.client import verify_placed
from exchanges.through_ccxt.errors import before_sending
from exchanges.through_ccxt.rows import (
    read_balance_update,
    read_fills,
    read_first,
    read_held,
    read_order_update,
    read_position_update,
    read_row,
    read_rows,
)
from exchanges.through_ccxt.values import Row, accepted_report

BY_ID: Final = ("ordId", "clOrdId")  # the names of the venue's id and of ours
BY_ALGO_ID: Final = ("algoId", "algoClOrdId")
CASH: Final = "cash"
CROSS: Final = "cross"
ISOLATED: Final = "isolated"
LONG_SHORT: Final = "long_short_mode"
WRONG_SIDE: Final = "posSide"  # named in the message; its code is that of any bad parameter
ONE_MARGIN: Final = frozenset({"3", "4"})  # multi-currency and portfolio margin
WAITING: Final = ("conditional,oco", "trigger", "move_order_stop")  # one list for each


class OkxAdapter(OkxStatement):
    """The adapter for one kind of instrument. Conditional orders are in a list of their own."""

    kind: ClassVar[str]  # OKX's word for it
    scope: ClassVar[dict[str, str]]  # of lists and channels
    channels: ClassVar[stream.Channels]

    async def place_order(self, request: base.OrderRequest) -> base.OrderReport:
        market = await self._get_market(request.symbol)
        mode = await self._margin_mode(request.symbol)
        if request.is_conditional:
            return await self._place_algo(request, market, mode)
        params = wishes.build_order(request, market, margin_mode=mode)
        with position_mode.name_mismatch(WRONG_SIDE):
            row = await self._send_command(self.client.private_post_trade_order, params)
        return accepted_report(request, row["ordId"], row)

    async def _place_algo(
        self, request: base.OrderRequest, market: Row, mode: str
    ) -> base.OrderReport:
        """Place a conditional order. OKX answers only with an id, so the order is fetched."""
        params = wishes.build_conditional_order(request, market, margin_mode=mode)
        with position_mode.name_mismatch(WRONG_SIDE):
            row = await self._send_command(self.client.private_post_trade_order_algo, params)
        placed = accepted_report(request, f"{base.CONDITIONAL_PREFIX}{row['algoId']}", row)
        return await verify_placed(self.fetch_order, placed)

    async def cancel_order(self, order: base.OrderName) -> base.OrderReport:
        """Cancel, then fetch the order: the answer is only an id."""
        market = await self._get_market(order.symbol)
        if order.is_in_other_book:
            request = {"instId": market["id"], **order.to_params(*BY_ALGO_ID)}
            await self._send_command(self.client.private_post_trade_cancel_algos, [request])
        else:
            params = {"instId": market["id"], **order.to_params(*BY_ID)}
            await self._send_command(self.client.private_post_trade_cancel_order, params)
        return await self.fetch_order(order)

    async def amend_order(
        self, order: base.OrderName, wanted: base.OrderRequest
    ) -> base.OrderReport:
        """Amend, then fetch the order: the answer says only that the request was taken."""
        market = await self._get_market(order.symbol)
        if order.is_in_other_book:
            named = {"instId": market["id"], **order.to_params("algoId", "algoClOrdId")}
            changes = wishes.build_conditional_amendment(wanted, market)
            await self._send_command(self.client.private_post_trade_amend_algos, named | changes)
            return await self.fetch_order(order)
        params = {"instId": market["id"], **order.to_params(*BY_ID)}
        changes = wishes.build_amendment(wanted, market)
        await self._send_command(self.client.private_post_trade_amend_order, params | changes)
        return await self.fetch_order(order)

    async def fetch_order(self, order: base.OrderName) -> base.OrderReport:
        market = await self._get_market(order.symbol)
        if order.is_in_other_book:
            return await self._fetch_algo_order(order, market)
        return await self._fetch_ordinary(order.to_params(*BY_ID), market)

    async def _fetch_ordinary(self, name: dict[str, str], market: Row) -> base.OrderReport:
        params = {"instId": market["id"], **name}
        infos = await self._fetch_some(self.client.private_get_trade_order, params)
        return read_first(infos, partial(rows.order_report, market=market), what="order")

    async def _fetch_algo_order(self, order: base.OrderName, market: Row) -> base.OrderReport:
        """Fetch a conditional order, or the order that it has become."""
        row = await self._fetch_one(
            self.client.private_get_trade_order_algo, order.to_params(*BY_ALGO_ID)
        )
        if became := rows.find_triggered_id(row):
            return await self._fetch_ordinary({"ordId": became}, market)
        return read_row(row, partial(rows.algo_report, market=market), what="order")

    async def fetch_open_orders(
        self, symbol: str | None, *, conditional: bool = False
    ) -> Sequence[base.OrderReport]:
        await self._load_markets()
        scope = dict(self.scope)
        if symbol is not None:
            scope["instId"] = (await self._get_market(symbol))["id"]
        if not conditional:
            endpoint = self.client.private_get_trade_orders_pending
            return await self._make_reports(
                await self._fetch_pages(endpoint, scope, "ordId"), rows.order_report
            )
        endpoint, infos = self.client.private_get_trade_orders_algo_pending, []
        for kinds in WAITING:
            infos += await self._fetch_pages(endpoint, {**scope, "ordType": kinds}, "algoId")
        return await self._make_reports(infos, rows.algo_report)

    async def fetch_fills(self, order: base.OrderName) -> Sequence[base.FillReport]:
        """Three days are in one list, three months in another that may be asked less often."""
        market = await self._get_market(order.symbol)
        order_id = order.exchange_order_id
        if not order_id or order.is_in_other_book:
            order_id = (await self.fetch_order(order)).exchange_order_id
        if order_id.startswith(base.CONDITIONAL_PREFIX):
            return ()
        scope = {"instId": market["id"], "ordId": order_id}
        infos = await self._fetch_pages(self.client.private_get_trade_fills, scope, "billId")
        if not infos:
            endpoint = self.client.private_get_trade_fills_history
            infos = await self._fetch_pages(endpoint, {**scope, "instType": self.kind}, "billId")
        return read_fills(reversed(infos), partial(rows.fill_report, market=market))

    async def fetch_balances(self) -> Sequence[base.BalanceReport]:
        row = await self._fetch_one(self.client.private_get_account_balance, {})
        return read_rows(row["details"], rows.balance_report, what="balance")

    async def fetch_permissions(self) -> base.KeyReport:
        row = await self._fetch_one(self.client.private_get_account_config, {})
        allowed = set(str(row.get("perm", "")).split(","))
        return base.KeyReport(
            can_read="read_only" in allowed,
            can_trade="trade" in allowed,
            can_withdraw="withdraw" in allowed,
            ip_restricted=bool(row.get("ip")),
        )

    async def set_switch(self, seconds: int, symbol: str | None) -> None:
        """Start the account's countdown anew, or end it. Algo orders are not cancelled by it."""
        params = {"timeOut": str(seconds)}
        await self._send_command(self.client.private_post_trade_cancel_all_after, params)

    async def follow_stream(
        self, on_update: base.OnUpdate, *, connected: Callable[[], None]
    ) -> None:
        await self._load_markets()
        await self.call_ccxt(
            lambda: stream.follow_channels(
                self.client,
                self.channels,
                read=self._read_frame,
                on_update=on_update,
                connected=connected,
            )
        )

    def _read_frame(self, frame: Row) -> base.StreamUpdate:
        channel, data = (frame.get("arg") or {}).get("channel"), frame.get("data") or ()
        if channel == "orders":
            pairs = self._pair_with_markets(data)
            return read_order_update(pairs, with_market(rows.streamed_report))
        if channel in stream.WAITING:
            # What its trigger has made of it is told as an order, on the other socket.
            waiting = [row for row in data if not rows.find_triggered_id(row)]
            pairs = self._pair_with_markets(waiting)
            return read_order_update(pairs, with_market(rows.algo_report))
        if channel == "account":
            details = (detail for row in data for detail in row["details"])
            return read_balance_update(details, rows.balance_report)
        if channel == "positions":
            pairs = self._pair_with_markets(data)
            return read_position_update(pairs, with_market(rows.position_report))
        return base.StreamUpdate()

    def _read_rules(self, market: Row) -> base.SymbolRules:
        return rows.symbol_rules(market)

    async def _margin_mode(self, symbol: str) -> str:
        raise NotImplementedError


class OkxSpot(OkxAdapter):
    """The spot adapter. Some account modes count the same orders as margin, so all are read."""

    kind = "SPOT"
    kinds = ("SPOT", "MARGIN")
    scope: ClassVar[dict[str, str]] = {}
    channels = stream.SPOT
    _mode = ""

    async def _margin_mode(self, symbol: str) -> str:
        """Return the trade mode: OKX refuses "cash" in accounts where all coins are one margin."""
        if not self._mode:
            with before_sending("the account's mode is not known"):
                config = await self._fetch_one(self.client.private_get_account_config, {})
            self._mode = CROSS if str(config.get("acctLv")) in ONE_MARGIN else CASH
        return self._mode


class OkxSwap(OkxAdapter):
    """Perpetual contracts that settle in a stable coin.

    OKX wants to hear the margin mode with each order: as set last, else as the position has it.
    """

    kind = "SWAP"
    kinds = ("SWAP",)
    is_futures = True
    scope: ClassVar[dict[str, str]] = {"instType": "SWAP"}
    channels = stream.SWAPS

    def __init__(self, client: Any, *, clock: Callable[[], datetime]) -> None:
        super().__init__(client, clock=clock)
        self._modes: dict[str, str] = {}

    async def fetch_positions(self) -> Sequence[base.PositionReport]:
        await self._load_markets()
        infos = await self._send_query(
            self.client.private_get_account_positions, {"instType": self.kind}
        )
        await self.listings.learn_ids(row.get("instId") for row in infos)
        pairs = ((row, self._find_market(row)) for row in infos)
        known = (pair for pair in pairs if pair[1])
        return read_held(known, with_market(rows.position_report))

    async def set_leverage(self, symbol: str, *, leverage: int, margin_mode: str) -> None:
        market = await self._get_market(symbol)
        params = {"instId": market["id"], "lever": str(leverage), "mgnMode": margin_mode}
        sides: list[dict[str, str]] = [{}]
        if margin_mode == ISOLATED and await self.fetch_position_mode():
            sides = [{"posSide": "long"}, {"posSide": "short"}]
        for side in sides:
            await self._send_command(self.client.private_post_account_set_leverage, params | side)
        self._modes[symbol] = margin_mode

    async def fetch_position_mode(self) -> bool | None:
        config = await self._fetch_one(self.client.private_get_account_config, {})
        return str(config.get("posMode")) == LONG_SHORT

    async def set_position_mode(self, *, hedged: bool) -> None:
        params = {"posMode": LONG_SHORT if hedged else "net_mode"}
        await self._send_command(self.client.private_post_account_set_position_mode, params)

    async def _margin_mode(self, symbol: str) -> str:
        if symbol not in self._modes:
            with before_sending("margin mode not known"):
                positions = {position.symbol: position for position in await self.fetch_positions()}
            known = positions[symbol].margin_mode if symbol in positions else None
            self._modes[symbol] = known or CROSS
        return self._modes[symbol]
