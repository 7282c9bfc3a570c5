"""Reports as a venue would make them, for tables and shuffles."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from exchanges.base import FillReport, OrderReport

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def fill(trade_id: str, quantity: str, price: str = "100", **changes: Any) -> FillReport:
    said: dict[str, Any] = {
        "symbol": "BTC/USDT",
        "trade_id": trade_id,
        "exchange_order_id": "77",
        "side": "buy",
        "price": Decimal(price),
        "quantity": Decimal(quantity),
        "fee": Decimal("0.001"),
        "fee_currency": "BNB",
        "is_maker": True,
        "executed_at": NOON,
    }
    return FillReport(**(said | changes))


def report(
    status: str, filled: str | None = "0", cost: str | None = None, **changes: Any
) -> OrderReport:
    said: dict[str, Any] = {
        "symbol": "BTC/USDT",
        "exchange_order_id": "77",
        "client_order_id": "fw1",
        "side": "buy",
        "type": "limit",
        "status": status,
        "raw_status": status.upper(),
        "price": Decimal(100),
        "quantity": Decimal(10),
        "filled": None if filled is None else Decimal(filled),
        "cost": None if cost is None else Decimal(cost),
        "reported_at": NOON,
    }
    return OrderReport(**(said | changes))
