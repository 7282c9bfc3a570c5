"""Binance spot, for one key: placing, asking, and following its own stream."""

import json
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, Final

import ccxt.pro

from exchanges.base import (
    BalanceReport,
    FillReport,
    Heard,
    KeyReport,
    OrderName,
    OrderReport,
    OrderRequest,
    PositionReport,
    Refused,
    SymbolRules,
    VenueDown,
)
from exchanges.binance import spot_rows as rows
from exchanges.binance.spot_requests import wish
from exchanges.through_ccxt import client, private_stream
from exchanges.through_ccxt.client import ThroughCcxt, by_pages, verified
from exchanges.through_ccxt.sessions import Way

PAGE: Final = 1000
MOVED_MONEY: Final = frozenset({"balanceUpdate", "externalLockUpdate"})  # by how much, not to what
OPTIONS: Final = {
    "defaultType": "spot",
    "fetchMarkets": {"types": ["spot"]},
    "fetchCurrencies": False,
    "warnOnFetchOpenOrdersWithoutSymbol": False,
    "recvWindow": 5000,
}


def connect(way: Way, **credentials: Any) -> Any:
    return client.connect(ccxt.pro.binance, way, OPTIONS, **credentials)


class BinanceSpot(ThroughCcxt):
    """One key's way to ask Binance spot."""

    async def place(self, request: OrderRequest) -> OrderReport:
        kind, params = wish(request)
        row = await self._ask(
            lambda: self.client.create_order(
                request.symbol,
                kind,
                request.side,
                f"{request.quantity:f}",
                None if request.price is None else f"{request.price:f}",
                params,
            ),
            writing=True,
        )
        placed = rows.placed_report(row)
        return await verified(self.order, placed) if request.is_conditional else placed

    async def cancel(self, order: OrderName) -> OrderReport:
        return rows.order_report(
            await self._ask(
                lambda: self.client.cancel_order(
                    order.exchange_order_id or "", order.symbol, _by(order)
                ),
                writing=True,
            )
        )

    async def order(self, order: OrderName) -> OrderReport:
        return rows.order_report(
            await self._ask(
                lambda: self.client.fetch_order(
                    order.exchange_order_id or "", order.symbol, _by(order)
                )
            )
        )

    async def open_orders(
        self, symbol: str | None, *, conditional: bool = False
    ) -> Sequence[OrderReport]:
        """All stand in one list; `conditional` leaves only what waits for its trigger."""
        listed = await self._ask(lambda: self.client.fetch_open_orders(symbol))
        return [
            rows.order_report(row)
            for row in listed
            if not conditional or not rows.is_true(row["info"]["isWorking"])
        ]

    async def fills(self, order: OrderName) -> Sequence[FillReport]:
        return await by_pages(lambda start: self._fills_page(order, start), size=PAGE)

    async def _fills_page(self, order: OrderName, start: dict[str, str]) -> list[FillReport]:
        params = {"orderId": order.exchange_order_id} | start
        told = await self._ask(
            lambda: self.client.fetch_my_trades(order.symbol, None, PAGE, params)
        )
        return [rows.fill_report(order.symbol, row["info"]) for row in told]

    async def balances(self) -> Sequence[BalanceReport]:
        answer = await self._ask(lambda: self.client.fetch_balance())
        return [
            BalanceReport(
                currency=row["asset"], free=Decimal(row["free"]), held=Decimal(row["locked"])
            )
            for row in answer["info"]["balances"]
        ]

    async def positions(self) -> Sequence[PositionReport]:
        return ()  # spot holds balances, not positions

    async def set_leverage(self, symbol: str, *, leverage: int, margin_mode: str) -> None:
        raise Refused("spot orders have no leverage")

    async def listen(self, hear: Callable[[Heard], None], *, connected: Callable[[], None]) -> None:
        """Its own executions and changes of orders, each told the moment its frame is here."""
        self.client.orders = private_stream.TappedRows(
            lambda row: hear(Heard(orders=(rows.streamed_report(row),)))
        )
        await self._ask(
            lambda: private_stream.follow(
                self.client,
                [self.client.watch_orders],
                login=lambda: self.client.authenticate({"type": "spot"}),
                connected=connected,
                look=lambda frame: self._look(frame, hear),
            )
        )

    def _look(self, frame: Any, hear: Callable[[Heard], None]) -> Exception | None:
        """Balances, and errors and endings, that ccxt would not tell whoever watches orders."""
        event = frame.get("event") or frame
        if event.get("e") == "outboundAccountPosition":
            hear(Heard(balances=rows.streamed_balances(event)))
        if event.get("e") in MOVED_MONEY:
            hear(Heard(ask_holdings=True))
        if event.get("e") == "eventStreamTerminated":
            return VenueDown("the venue ended the stream")
        if not frame.get("error"):
            return None
        error = frame["error"]
        try:
            self.client.handle_errors(
                error.get("code"), error.get("msg"), "", "", {}, json.dumps(error), error, {}, {}
            )
        except ccxt.BaseError as told:
            words: Exception = told
            return words
        return VenueDown(f"{error.get('msg')} ({error.get('code')})")

    async def key(self) -> KeyReport:
        may = await self._ask(lambda: self.client.sapi_get_account_apirestrictions())
        return KeyReport(
            can_read=bool(may.get("enableReading")),
            can_trade=bool(may.get("enableSpotAndMarginTrading")),
            can_withdraw=bool(may.get("enableWithdrawals")),
            ip_restricted=may.get("ipRestrict"),
        )

    async def rules(self) -> Sequence[SymbolRules]:
        markets = await self._ask(lambda: self.client.load_markets())
        return [rows.symbol_rules(market) for market in markets.values() if market["active"]]


def _by(order: OrderName) -> dict[str, str]:
    """By the venue's id where we know it, else by ours."""
    return {} if order.exchange_order_id else {"origClientOrderId": order.client_order_id}
