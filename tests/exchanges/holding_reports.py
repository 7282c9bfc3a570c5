"""What a venue may say of holdings, in short."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from exchanges.base import BalanceReport, PositionReport


def balance_report(
    currency: str, free: str, held: str = "0", *, said: datetime | None = None
) -> BalanceReport:
    return BalanceReport(
        currency=currency, free=Decimal(free), held=Decimal(held), reported_at=said
    )


def position_report(symbol: str, quantity: str, **other: Any) -> PositionReport:
    unsaid = dict.fromkeys(
        ("entry_price", "mark_price", "liquidation_price", "unrealised", "leverage", "margin_mode")
    )
    numbers: dict[str, Any] = {
        name: Decimal(value) if isinstance(value, str) and name not in WORDS else value
        for name, value in other.items()
    }
    facts: dict[str, Any] = {**unsaid, **numbers}
    return PositionReport(symbol=symbol, quantity=Decimal(quantity), **facts)


WORDS = {"margin_mode", "side"}
