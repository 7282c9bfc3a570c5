"""Binance spot's adapter."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final

import ccxt
import ccxt.pro

from exchanges import base
from exchanges.binance import spot_rows as rows
from exchanges.binance.spot_requests import (
    build_order,
    build_pair,
    build_quote_order,
    build_replacement,
)
from exchanges.binance.spot_statement import BinanceSpotStatement
from exchanges.through_ccxt import client, private_stream
from exchanges.through_ccxt.client import fetch_all_pages, verify_placed
from exchanges.through_ccxt.rows import read_order_update, read_row, read_rows
from exchanges.through_ccxt.sessions import CcxtSession
from exchanges.through_ccxt.values import Row

PAGE: Final = 1000
BY_ID: Final = ("orderId", "origClientOrderId")  # the names of the venue's id and of ours
HOLDINGS_EVENTS: Final = {"balanceUpdate", "externalLockUpdate"}  # by how much, not to what
# Clear answers that ccxt takes for unclear ones: cancelled only, and neither of the two steps.
# Of a replacement that stops at the first failure: its second step failed, or already the first.
CANCELLED_ONLY: Final = "(-2021)"
NOTHING_DONE: Final = "(-2022)"
OPTIONS: Final = {
    "defaultType": "spot",
    "fetchMarkets": {"types": ["spot"]},
    "fetchCurrencies": False,
    "warnOnFetchOpenOrdersWithoutSymbol": False,
    "recvWindow": 5000,
}


def make_client(way: CcxtSession, **credentials: Any) -> Any:
    return client.make_client(ccxt.pro.binance, way, OPTIONS, **credentials)


class BinanceSpot(BinanceSpotStatement):
    """The adapter for one Binance spot key."""

    async def place_order(self, request: base.OrderRequest) -> base.OrderReport:
        kind, params = build_order(request)
        market_id = await self._market_id(request.symbol)
        if request.quote_amount is not None:
            params = build_quote_order(request, market_id)
            info = await self._send_command(self.client.private_post_order, params)
            return rows.placed_report(info, request)
        row = await self._create_order(request, kind, params)
        placed = rows.placed_report(row["info"], request)
        return await verify_placed(self.fetch_order, placed) if request.is_conditional else placed

    async def place_pair(
        self, requests: Sequence[base.OrderRequest], *, name: str
    ) -> Sequence[base.OrderReport]:
        """Place a take profit and a stop loss of which one ends the other, in one request."""
        params = build_pair(requests, await self._market_id(requests[0].symbol), name=name)
        answer = await self._send_command(self.client.private_post_orderlist_oco, params)
        told = {row["clientOrderId"]: row for row in answer["orderReports"]}
        placed = [rows.placed_report(told[each.client_order_id], each) for each in requests]
        return [await verify_placed(self.fetch_order, report) for report in placed]

    async def cancel_order(self, order: base.OrderName) -> base.OrderReport:
        """Cancel it; one of a pair ends the other too, and the answer tells of both."""
        params = await self._order_params(order)
        info = await self._send_command(self.client.private_delete_order, params)
        wanted = order.exchange_order_id or order.client_order_id
        for row in info.get("orderReports", ()):
            if wanted in (str(row["orderId"]), row.get("origClientOrderId")):
                return self._read_order(row)
        return self._read_order(info)

    async def amend_order(
        self, order: base.OrderName, wanted: base.OrderRequest
    ) -> base.OrderReport:
        """Replace the order by another of the same name: Binance spot changes no price.

        Only while nothing of it is filled. What was filled since would be bought once more.
        """
        if order.exchange_order_id is None:
            raise base.RequestNotSent("the venue's id of the order is not known yet")
        params = build_replacement(wanted, await self._market_id(order.symbol))
        params |= {"cancelOrderId": order.exchange_order_id, "cancelRestrictions": "ONLY_NEW"}
        try:
            answer = await self._send_command(self.client.private_post_order_cancelreplace, params)
        except base.UnknownOutcome as failed:
            if CANCELLED_ONLY in str(failed):
                raise base.ReplacementRefused(str(failed)) from None
            if NOTHING_DONE not in str(failed):
                raise
            raise base.RequestRefused(str(failed)) from None
        placed = str(answer["newOrderResponse"]["orderId"])
        return await self.fetch_order(replace(order, exchange_order_id=placed))

    async def fetch_order(self, order: base.OrderName) -> base.OrderReport:
        params = await self._order_params(order)
        info = await self._send_query(self.client.private_get_order, params)
        return read_row(info, self._read_order, what="order")

    async def fetch_open_orders(
        self, symbol: str | None, *, conditional: bool = False
    ) -> Sequence[base.OrderReport]:
        """List open orders of all kinds; `conditional` keeps only those waiting for a trigger."""
        await self._load_markets()
        params = {} if symbol is None else {"symbol": await self._market_id(symbol)}
        infos = await self._send_query(self.client.private_get_openorders, params)
        wanted = (info for info in infos if not conditional or not rows.is_working(info))
        return await self._read_orders(wanted, self._read_order)

    async def fetch_fills(self, order: base.OrderName) -> Sequence[base.FillReport]:
        market_id = await self._market_id(order.symbol)
        scope = {"symbol": market_id, "orderId": order.exchange_order_id, "limit": PAGE}
        return await fetch_all_pages(
            lambda start: self._send_query(self.client.private_get_mytrades, scope | start),
            partial(rows.fill_report, name=self._to_symbol),
            size=PAGE,
        )

    async def fetch_balances(self) -> Sequence[base.BalanceReport]:
        answer = await self._send_query(self.client.private_get_account, {})
        return read_rows(answer["balances"], rows.balance_report, what="balance")

    async def follow_stream(
        self, on_update: base.OnUpdate, *, connected: Callable[[], None]
    ) -> None:
        """Follow the key's own stream of orders, fills and balances."""
        await self._load_markets()
        theirs = self.client.handle_message
        await self.call_ccxt(
            lambda: private_stream.follow_until_broken(
                self.client,
                [self.client.watch_orders],
                login=lambda: self.client.authenticate({"type": "spot"}),
                connected=connected,
                look=lambda frame: self._check_frame(frame, on_update),
                handle=lambda socket, frame: None if "event" in frame else theirs(socket, frame),
            )
        )

    def _check_frame(self, frame: Any, on_update: base.OnUpdate) -> Exception | None:
        """Read a frame, and errors that ccxt does not pass to those who watch orders."""
        event = frame.get("event") or frame
        if event.get("e") == "executionReport":
            read = partial(rows.streamed_report, name=self._to_streamed_symbol)
            on_update(read_order_update([event], read))
        if event.get("e") == "outboundAccountPosition":
            on_update(rows.streamed_balances(event))
        if event.get("e") in HOLDINGS_EVENTS:
            on_update(base.StreamUpdate(needs_holdings=True))
        if event.get("e") == "eventStreamTerminated":
            return base.VenueDown("the venue ended the stream")
        if not frame.get("error"):
            return None
        error = frame["error"]
        try:
            self.client.handle_errors(
                error.get("code"), error.get("msg"), "", "", {}, json.dumps(error), error, {}, {}
            )
        except ccxt.BaseError as told:
            refusal: Exception = told
            return refusal
        return base.VenueDown(f"{error.get('msg')} ({error.get('code')})")

    async def fetch_permissions(self) -> base.KeyReport:
        may = await self.call_ccxt(lambda: self.client.sapi_get_account_apirestrictions())
        return base.KeyReport(
            can_read=bool(may.get("enableReading")),
            can_trade=bool(may.get("enableSpotAndMarginTrading")),
            can_withdraw=bool(may.get("enableWithdrawals")),
            ip_restricted=may.get("ipRestrict"),
        )

    async def _order_params(self, order: base.OrderName) -> dict[str, str]:
        return {"symbol": await self._market_id(order.symbol), **order.to_params(*BY_ID)}

    def _read_rules(self, market: Row) -> base.SymbolRules:
        return rows.symbol_rules(market)

    def _read_order(self, info: Row) -> base.OrderReport:
        return rows.order_report(info, self._to_symbol)
