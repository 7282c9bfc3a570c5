"""Binance spot's adapter."""

import json
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, Final

import ccxt.pro

from exchanges import base
from exchanges.binance import spot_rows as rows
from exchanges.binance.spot_requests import build_order
from exchanges.through_ccxt import client, private_stream
from exchanges.through_ccxt.client import CcxtAdapter, fetch_all_pages, verify_placed
from exchanges.through_ccxt.sessions import CcxtSession

PAGE: Final = 1000
HOLDINGS_EVENTS: Final = {"balanceUpdate", "externalLockUpdate"}  # by how much, not to what
OPTIONS: Final = {
    "defaultType": "spot",
    "fetchMarkets": {"types": ["spot"]},
    "fetchCurrencies": False,
    "warnOnFetchOpenOrdersWithoutSymbol": False,
    "recvWindow": 5000,
}


def make_client(way: CcxtSession, **credentials: Any) -> Any:
    return client.make_client(ccxt.pro.binance, way, OPTIONS, **credentials)


class BinanceSpot(CcxtAdapter):
    """The adapter for one Binance spot key."""

    async def place_order(self, request: base.OrderRequest) -> base.OrderReport:
        kind, params = build_order(request)
        placed = rows.placed_report(await self._create_order(request, kind, params))
        return await verify_placed(self.fetch_order, placed) if request.is_conditional else placed

    async def cancel_order(self, order: base.OrderName) -> base.OrderReport:
        name = _to_arguments(order)
        row = await self.call_ccxt(lambda: self.client.cancel_order(*name), writing=True)
        return rows.order_report(row)

    async def fetch_order(self, order: base.OrderName) -> base.OrderReport:
        name = _to_arguments(order)
        return rows.order_report(await self.call_ccxt(lambda: self.client.fetch_order(*name)))

    async def fetch_open_orders(
        self, symbol: str | None, *, conditional: bool = False
    ) -> Sequence[base.OrderReport]:
        """List open orders of all kinds; `conditional` keeps only those waiting for a trigger."""
        listed = await self.call_ccxt(lambda: self.client.fetch_open_orders(symbol))
        return [
            rows.order_report(row)
            for row in listed
            if not conditional or not rows.is_true(row["info"]["isWorking"])
        ]

    async def fetch_fills(self, order: base.OrderName) -> Sequence[base.FillReport]:
        return await fetch_all_pages(lambda start: self._fills_page(order, start), size=PAGE)

    async def _fills_page(
        self, order: base.OrderName, start: dict[str, str]
    ) -> list[base.FillReport]:
        params = {"orderId": order.exchange_order_id} | start
        page = await self.call_ccxt(
            lambda: self.client.fetch_my_trades(order.symbol, None, PAGE, params)
        )
        return [rows.fill_report(order.symbol, row["info"]) for row in page]

    async def fetch_balances(self) -> Sequence[base.BalanceReport]:
        answer = await self.call_ccxt(lambda: self.client.fetch_balance())
        return [
            base.BalanceReport(
                currency=row["asset"], free=Decimal(row["free"]), held=Decimal(row["locked"])
            )
            for row in answer["info"]["balances"]
        ]

    async def follow_stream(
        self, on_update: base.OnUpdate, *, connected: Callable[[], None]
    ) -> None:
        """Follow the key's own stream of orders, fills and balances."""
        self.client.orders = private_stream.RowTap(
            lambda row: on_update(base.StreamUpdate(orders=(rows.streamed_report(row),)))
        )
        await self.call_ccxt(
            lambda: private_stream.follow_until_broken(
                self.client,
                [self.client.watch_orders],
                login=lambda: self.client.authenticate({"type": "spot"}),
                connected=connected,
                look=lambda frame: self._check_frame(frame, on_update),
            )
        )

    def _check_frame(self, frame: Any, on_update: base.OnUpdate) -> Exception | None:
        """Read balances from a frame, and errors that ccxt does not pass to order watchers."""
        event = frame.get("event") or frame
        if event.get("e") == "outboundAccountPosition":
            on_update(base.StreamUpdate(balances=rows.streamed_balances(event)))
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


def _to_arguments(order: base.OrderName) -> tuple[str, str, dict[str, str]]:
    """Return ccxt's arguments that name an order: the venue's id if known, else ours."""
    params = {} if order.exchange_order_id else {"origClientOrderId": order.client_order_id}
    return order.exchange_order_id or "", order.symbol, params
