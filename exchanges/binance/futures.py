"""Binance USD-M futures' adapter: orders, conditional orders, positions and listen keys."""

import asyncio
from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import partial
from typing import Any, Final

import ccxt.pro

from exchanges import base
from exchanges.binance import futures_rows as rows
from exchanges.binance.futures_listen_key import BinanceListenKey
from exchanges.binance.futures_requests import (
    MARGIN_MODES,
    build_conditional_order,
    build_order,
)
from exchanges.through_ccxt import client, position_mode, private_stream
from exchanges.through_ccxt.client import fetch_all_pages, verify_placed
from exchanges.through_ccxt.rows import read_held, read_order_update, read_row, read_rows
from exchanges.through_ccxt.sessions import CcxtSession
from exchanges.through_ccxt.values import Row

PAGE: Final = 1000
BY_ID: Final = ("orderId", "origClientOrderId")  # the names of the venue's id and of ours
WEEK: Final = 7 * 86_400_000
KEEP_SECONDS: Final = 1800.0  # a listen key lasts an hour, unless it is kept
KEEP_TRIES: Final = 20
SAME_MARGIN_MODE: Final = "(-4046)"
SAME_POSITION_MODE: Final = "(-4059)"
WRONG_SIDE: Final = "(-4061)"
STREAMED_ORDERS: Final = {
    "ORDER_TRADE_UPDATE": rows.streamed_order,
    "ALGO_UPDATE": rows.streamed_conditional,
}
OPTIONS: Final = {
    "defaultType": "swap",
    "fetchMarkets": {"types": ["linear"]},
    "fetchCurrencies": False,
    "recvWindow": 5000,
}


def make_client(way: CcxtSession, **credentials: Any) -> Any:
    return client.make_client(ccxt.pro.binanceusdm, way, OPTIONS, **credentials)


class BinanceUsdm(BinanceListenKey):
    """The adapter for one futures key. Requests are Binance's own, sent through ccxt."""

    is_futures = True
    keep_seconds = KEEP_SECONDS

    async def place_order(self, request: base.OrderRequest) -> base.OrderReport:
        market_id = await self._market_id(request.symbol)
        with position_mode.name_mismatch(WRONG_SIDE):
            if not request.is_conditional:
                params = build_order(request, market_id)
                info = await self._send_command(self.client.fapiprivate_post_order, params)
                return self._read_order(info)
            params = build_conditional_order(request, market_id)
            info = await self._send_command(self.client.fapiprivate_post_algoorder, params)
        return await verify_placed(self.fetch_order, self._read_conditional(info))

    async def cancel_order(self, order: base.OrderName) -> base.OrderReport:
        if not order.is_in_other_book:
            return await self._send_cancel(order.symbol, order.to_params(*BY_ID))
        try:
            await self._send_command(
                self.client.fapiprivate_delete_algoorder, order.to_params("algoId", "clientAlgoId")
            )
        except base.NotFound:  # it has fired, then what it became is cancelled; or it has ended
            became = await self.fetch_order(order)
            if became.exchange_order_id.startswith(base.CONDITIONAL_PREFIX):
                raise
            return await self._send_cancel(order.symbol, {"orderId": became.exchange_order_id})
        return await self.fetch_order(order)  # the answer to cancelling is only a name

    async def amend_order(
        self, order: base.OrderName, wanted: base.OrderRequest
    ) -> base.OrderReport:
        if order.is_in_other_book:
            return await self._replace_conditional(order, wanted)
        params = {
            "symbol": await self._market_id(order.symbol),
            "side": wanted.side.upper(),
            "quantity": f"{wanted.quantity:f}",
            "price": f"{wanted.price:f}",
        }
        info = await self._send_command(
            self.client.fapiprivate_put_order, params | order.to_params(*BY_ID)
        )
        return rows.order_report(info, self._to_symbol)

    async def _replace_conditional(
        self, order: base.OrderName, wanted: base.OrderRequest
    ) -> base.OrderReport:
        """Cancel it and place another of the same name: this venue changes no conditional order.

        What was triggered or cancelled meanwhile is not found by the first step, and stays so.
        If the second step fails nothing waits any more: see orders/changes/replacement.py.
        """
        params = build_conditional_order(wanted, await self._market_id(order.symbol))
        await self._send_command(
            self.client.fapiprivate_delete_algoorder, order.to_params("algoId", "clientAlgoId")
        )
        try:
            info = await self._send_command(self.client.fapiprivate_post_algoorder, params)
        except base.RequestRefused as refused:
            raise base.ReplacementRefused(str(refused)) from None
        except base.RequestNotSent as unsent:  # but the first step was
            raise base.UnknownOutcome(f"cancelled, and not placed anew: {unsent}") from None
        return await verify_placed(self.fetch_order, self._read_conditional(info))

    async def fetch_order(self, order: base.OrderName) -> base.OrderReport:
        """Follow a triggered order to the order that it became."""
        market_id = await self._market_id(order.symbol)
        if not order.is_in_other_book:
            return await self._fetch_standing(market_id, order.to_params(*BY_ID))
        try:
            info = await self._fetch_conditional(market_id, order)
        except base.NotFound:  # that book forgot it; what it became has the same name of ours
            by_our_name = {"origClientOrderId": order.client_order_id}
            return await self._fetch_standing(market_id, by_our_name)
        if became := rows.parse_triggered_id(info.get("actualOrderId")):
            return await self._fetch_standing(market_id, {"orderId": became})
        return read_row(info, self._read_conditional, what="order")

    async def fetch_open_orders(
        self, symbol: str | None, *, conditional: bool = False
    ) -> Sequence[base.OrderReport]:
        params = {} if symbol is None else {"symbol": await self._market_id(symbol)}
        if conditional:
            infos = await self._send_query(self.client.fapiprivate_get_openalgoorders, params)
            return await self._read_orders(infos, self._read_conditional)
        infos = await self._send_query(self.client.fapiprivate_get_openorders, params)
        return await self._read_orders(infos, self._read_order)

    async def fetch_fills(self, order: base.OrderName) -> Sequence[base.FillReport]:
        """A conditional order has no fills; the order that it becomes has another id."""
        if not order.exchange_order_id or order.is_in_other_book:
            return ()
        params = {"symbol": await self._market_id(order.symbol), "orderId": order.exchange_order_id}
        return await self._fetch_pages(params) or await self._fetch_older(params)

    async def _fetch_pages(self, params: dict[str, Any]) -> Sequence[base.FillReport]:
        return await fetch_all_pages(
            lambda start: self._fills_page(params | start),
            partial(rows.fill_report, name=self._to_symbol),
            size=PAGE,
        )

    async def _fills_page(self, params: dict[str, Any]) -> list[Row]:
        if "fromId" in params:  # which goes with no time
            params = {name: params[name] for name in params if not name.endswith("Time")}
        page: list[Row] = await self._send_query(
            self.client.fapiprivate_get_usertrades, params | {"limit": PAGE}
        )
        return page

    async def _fetch_older(self, params: dict[str, Any]) -> list[base.FillReport]:
        """Unless it is told when, the venue only looks a week back, and never at more than that."""
        info = await self._send_query(self.client.fapiprivate_get_order, params)
        if not Decimal(info["executedQty"]):
            return []
        fills: list[base.FillReport] = []
        for start in range(int(info["time"]), int(info["updateTime"]) + 1, WEEK):
            week = {"startTime": start, "endTime": start + WEEK - 1}
            fills += [fill for fill in await self._fetch_pages(params | week) if fill not in fills]
        return fills

    async def fetch_balances(self) -> Sequence[base.BalanceReport]:
        answer = await self._send_query(self.client.fapiprivatev3_get_account, {})
        return read_rows(answer["assets"], rows.balance_report, what="balance")

    async def fetch_positions(self) -> Sequence[base.PositionReport]:
        """Fetch with version 2 of the endpoint: version 3 lacks leverage and margin mode."""
        await self._load_markets()
        infos = await self._send_query(self.client.fapiprivatev2_get_positionrisk, {})
        held = (info for info in infos if str(info.get("positionAmt")).strip("-0."))
        await self.listings.learn_ids(info.get("symbol") for info in held)
        return read_held(infos, partial(rows.position_report, name=self._to_symbol))

    async def fetch_position_mode(self) -> bool | None:
        """Read it off the rows of a symbol: the endpoint of its own weighs six times as much."""
        params = {"symbol": position_mode.COMMON_SYMBOL}
        infos = await self._send_query(self.client.fapiprivatev2_get_positionrisk, params)
        return any(info.get("positionSide") in rows.SIDES for info in infos)

    async def set_position_mode(self, *, hedged: bool) -> None:
        params = {"dualSidePosition": "true" if hedged else "false"}
        with position_mode.accept_unchanged(SAME_POSITION_MODE):
            await self._send_command(self.client.fapiprivate_post_positionside_dual, params)

    async def set_leverage(self, symbol: str, *, leverage: int, margin_mode: str) -> None:
        market_id = await self._market_id(symbol)
        mode = {"symbol": market_id, "marginType": MARGIN_MODES[margin_mode]}
        try:
            await self._send_command(self.client.fapiprivate_post_margintype, mode)
        except base.RequestRefused as refused:
            if SAME_MARGIN_MODE not in str(refused):
                raise
        params = {"symbol": market_id, "leverage": leverage}
        await self._send_command(self.client.fapiprivate_post_leverage, params)

    async def fetch_permissions(self) -> base.KeyReport:
        may = await self._send_query(self.client.sapi_get_account_apirestrictions, {})
        return base.KeyReport(
            can_read=bool(may.get("enableReading")),
            can_trade=bool(may.get("enableFutures")),
            can_withdraw=bool(may.get("enableWithdrawals")),
            ip_restricted=may.get("ipRestrict"),
        )

    async def follow_stream(
        self, on_update: base.OnUpdate, *, connected: Callable[[], None]
    ) -> None:
        """Follow the stream of the account's listen key, which our own timer keeps alive.

        It is not closed at the end: the account has only one, and others may use it too.
        """
        await self._load_markets()
        listen_key = await self.create_listen_key()
        url = self.client.get_private_ws_url("linear", listen_key)

        await self.call_ccxt(
            lambda: private_stream.follow_until_broken(
                self.client,
                [
                    lambda: self.client.watch(url, "orders", None, "linear"),
                    lambda: self._keep_until_refused(listen_key),
                ],
                login=private_stream.skip_login,
                connected=connected,
                look=partial(self._check_frame, on_update),
                handle=lambda _socket, _frame: None,  # we read all of them
            )
        )

    async def _keep_until_refused(self, listen_key: str) -> None:
        """Extend the listen key after half its hour, and retry while the other half lasts."""
        await asyncio.sleep(self.keep_seconds)
        for _ in range(KEEP_TRIES - 1):
            try:
                return await self.keep_listen_key(listen_key)
            except base.VenueDown:
                await asyncio.sleep(self.keep_seconds / KEEP_TRIES)
        return await self.keep_listen_key(listen_key)

    def _check_frame(self, on_update: base.OnUpdate, frame: Any) -> Exception | None:
        """Read each frame. The listen key's end, which ccxt ignores, ends the stream."""
        event = frame.get("e")
        if event == "listenKeyExpired":
            return base.VenueDown("the listen key has expired")
        if frame.get("error"):
            return base.VenueDown(f"the stream said {frame['error']}"[:200])
        if read := STREAMED_ORDERS.get(event):
            on_update(read_order_update([frame], partial(read, name=self._to_streamed_symbol)))
        elif event == "ACCOUNT_UPDATE":
            positions = rows.streamed_positions(frame, self._to_streamed_symbol)
            on_update(base.StreamUpdate(positions=tuple(positions), needs_holdings=True))
        elif event == "ACCOUNT_CONFIG_UPDATE":
            on_update(base.StreamUpdate(needs_holdings=True))
        return None

    async def _fetch_conditional(self, market_id: str, order: base.OrderName) -> Any:
        """Fall back to the history: the lookup by id forgets ended orders first."""
        by = order.to_params("algoId", "clientAlgoId")
        try:
            return await self._send_query(self.client.fapiprivate_get_algoorder, by)
        except base.NotFound:
            if "algoId" not in by:
                raise
            params = {"symbol": market_id, "limit": 1, **by}
            infos = await self._send_query(self.client.fapiprivate_get_allalgoorders, params)
            for info in infos:
                if str(info["algoId"]) == by["algoId"]:
                    return info
            raise

    async def _fetch_standing(self, market_id: str, by: dict[str, Any]) -> base.OrderReport:
        info = await self._send_query(self.client.fapiprivate_get_order, {"symbol": market_id} | by)
        return read_row(info, self._read_order, what="order")

    async def _send_cancel(self, symbol: str, by: dict[str, Any]) -> base.OrderReport:
        params = {"symbol": await self._market_id(symbol)} | by
        info = await self._send_command(self.client.fapiprivate_delete_order, params)
        return self._read_order(info)

    def _read_order(self, info: Row) -> base.OrderReport:
        return rows.order_report(info, self._to_symbol)

    def _read_conditional(self, info: Row) -> base.OrderReport:
        return rows.conditional_report(info, self._to_symbol)
