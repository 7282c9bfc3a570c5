"""Binance spot: ccxt's rows translated into reports. The raw fields are used, digit for digit."""

import json
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, Final

import ccxt.pro

from exchanges import tapped, through_ccxt
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
    ReportStatus,
    SymbolRules,
    VenueDown,
)
from exchanges.connections import Way
from exchanges.through_ccxt import Row, ThroughCcxt, moment

PAGE: Final = 1000
STATUSES: Final[dict[str, ReportStatus]] = {
    "NEW": "new",
    "PENDING_NEW": "new",
    "PENDING_CANCEL": "new",
    "PARTIALLY_FILLED": "partially_filled",
    "FILLED": "filled",
    "CANCELED": "canceled",
    "EXPIRED": "expired",
    "EXPIRED_IN_MATCH": "expired",
    "REJECTED": "rejected",
}
MOVED_MONEY: Final = frozenset({"balanceUpdate", "externalLockUpdate"})  # by how much, not to what
OPTIONS: Final = {
    "defaultType": "spot",
    "fetchMarkets": {"types": ["spot"]},
    "fetchCurrencies": False,
    "warnOnFetchOpenOrdersWithoutSymbol": False,
    "recvWindow": 5000,
}


def connect(way: Way, **credentials: Any) -> Any:
    return through_ccxt.connect(ccxt.pro.binance, way, OPTIONS, **credentials)


class BinanceSpot(ThroughCcxt):
    """One key's way to ask Binance spot."""

    async def place(self, request: OrderRequest) -> OrderReport:
        params: dict[str, Any] = {"newClientOrderId": request.client_order_id}
        if request.type == "limit":
            post_only = request.time_in_force == "PO"
            params |= {"postOnly": True} if post_only else {"timeInForce": request.time_in_force}
        row = await self._ask(
            lambda: self.client.create_order(
                request.symbol,
                request.type,
                request.side,
                f"{request.quantity:f}",
                None if request.price is None else f"{request.price:f}",
                params,
            ),
            writing=True,
        )
        return order_report(row)

    async def cancel(self, order: OrderName) -> OrderReport:
        return order_report(
            await self._ask(
                lambda: self.client.cancel_order(
                    order.exchange_order_id or "", order.symbol, _by(order)
                ),
                writing=True,
            )
        )

    async def order(self, order: OrderName) -> OrderReport:
        return order_report(
            await self._ask(
                lambda: self.client.fetch_order(
                    order.exchange_order_id or "", order.symbol, _by(order)
                )
            )
        )

    async def open_orders(
        self, symbol: str | None, *, conditional: bool = False
    ) -> Sequence[OrderReport]:
        rows = await self._ask(lambda: self.client.fetch_open_orders(symbol))
        return [order_report(row) for row in rows]

    async def fills(self, order: OrderName) -> Sequence[FillReport]:
        fills: dict[str, FillReport] = {}
        params = {"orderId": order.exchange_order_id}
        while True:
            page = await self._fills_page(order.symbol, params)
            fills |= {fill.trade_id: fill for fill in page}
            if len(page) < PAGE:
                return list(fills.values())
            params = params | {"fromId": max(page, key=lambda fill: int(fill.trade_id)).trade_id}

    async def _fills_page(self, symbol: str, params: Row) -> list[FillReport]:
        rows = await self._ask(lambda: self.client.fetch_my_trades(symbol, None, PAGE, params))
        return [fill_report(symbol, row["info"]) for row in rows]

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
        self.client.orders = tapped.TappedRows(
            lambda row: hear(Heard(orders=(streamed_report(row),)))
        )
        await self._ask(
            lambda: tapped.follow(
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
            hear(Heard(balances=streamed_balances(event)))
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
        return [symbol_rules(market) for market in markets.values() if market["active"]]


def _by(order: OrderName) -> dict[str, str]:
    """By the venue's id where we know it, else by ours."""
    return {} if order.exchange_order_id else {"origClientOrderId": order.client_order_id}


def order_report(row: Row) -> OrderReport:
    info, symbol = row["info"], row["symbol"]
    status = str(info.get("status", ""))
    cost = Decimal(info.get("cummulativeQuoteQty") or 0)
    at = info.get("updateTime") or info.get("transactTime") or info.get("time")
    return OrderReport(
        symbol=symbol,
        exchange_order_id=str(info["orderId"]),
        client_order_id=info.get("origClientOrderId") or info.get("clientOrderId"),
        side="buy" if info.get("side") == "BUY" else "sell",
        type=str(info.get("type", "")).lower(),
        status=STATUSES.get(status, "unknown"),
        raw_status=status or None,
        price=Decimal(info["price"]) if Decimal(info.get("price") or 0) else None,
        quantity=Decimal(info["origQty"]) if "origQty" in info else None,
        filled=Decimal(info["executedQty"]) if "executedQty" in info else None,
        cost=cost if cost >= 0 else None,  # -1 stands for "not kept any more" on old orders
        reported_at=moment(at) if at else None,
        fills=tuple(_reply_fill(symbol, info, fill) for fill in info.get("fills") or ()),
        raw=dict(info),
    )


def streamed_report(row: Row) -> OrderReport:
    """An executionReport: the order as it is now and, if it was executed, the part."""
    info, symbol = row["info"], row["symbol"]
    return OrderReport(
        symbol=symbol,
        exchange_order_id=str(info["i"]),
        client_order_id=info.get("C") or info["c"],  # a cancel has a name of its own
        side="buy" if info["S"] == "BUY" else "sell",
        type=info["o"].lower(),
        status=STATUSES.get(info["X"], "unknown"),
        raw_status=info["X"],
        price=Decimal(info["p"]) if Decimal(info["p"]) else None,
        quantity=Decimal(info["q"]),
        filled=Decimal(info["z"]),
        cost=Decimal(info["Z"]),
        reported_at=moment(info["T"]),
        fills=(_streamed_fill(symbol, info),) if info["x"] == "TRADE" else (),
        raw=dict(info),
    )


def streamed_balances(event: Row) -> tuple[BalanceReport, ...]:
    """An outboundAccountPosition: the currencies that an event may have changed."""
    return tuple(
        BalanceReport(
            currency=row["a"],
            free=Decimal(row["f"]),
            held=Decimal(row["l"]),
            reported_at=moment(event["u"]),
        )
        for row in event["B"]
    )


def fill_report(symbol: str, info: Row) -> FillReport:
    return FillReport(
        symbol=symbol,
        trade_id=str(info["id"]),
        exchange_order_id=str(info["orderId"]),
        side="buy" if _true(info["isBuyer"]) else "sell",
        price=Decimal(info["price"]),
        quantity=Decimal(info["qty"]),
        fee=Decimal(info["commission"]),
        fee_currency=info["commissionAsset"],
        is_maker=_true(info["isMaker"]),
        executed_at=moment(info["time"]),
    )


def symbol_rules(market: Row) -> SymbolRules:
    limits = market["limits"]
    return SymbolRules(
        symbol=market["symbol"],
        base=market["base"],
        quote=market["quote"],
        price_step=Decimal(market["precision"]["price"]),
        quantity_step=Decimal(market["precision"]["amount"]),
        min_quantity=Decimal(limits["amount"]["min"] or 0),
        min_cost=Decimal(limits["cost"]["min"] or 0),
    )


def _reply_fill(symbol: str, order: Row, fill: Row) -> FillReport:
    """A part executed at once: the reply to placing names only what took liquidity."""
    return FillReport(
        symbol=symbol,
        trade_id=str(fill["tradeId"]),
        exchange_order_id=str(order["orderId"]),
        side="buy" if order["side"] == "BUY" else "sell",
        price=Decimal(fill["price"]),
        quantity=Decimal(fill["qty"]),
        fee=Decimal(fill["commission"]),
        fee_currency=fill["commissionAsset"],
        is_maker=False,
        executed_at=moment(order["transactTime"]),
    )


def _streamed_fill(symbol: str, info: Row) -> FillReport:
    return FillReport(
        symbol=symbol,
        trade_id=str(info["t"]),
        exchange_order_id=str(info["i"]),
        side="buy" if info["S"] == "BUY" else "sell",
        price=Decimal(info["L"]),
        quantity=Decimal(info["l"]),
        fee=Decimal(info["n"]),
        fee_currency=info["N"],
        is_maker=_true(info["m"]),
        executed_at=moment(info["T"]),
    )


def _true(value: Any) -> bool:
    return value is True or value == "true"
