"""Fills as rows and as reports: loaded for a decision, saved with its result."""

from collections.abc import Iterable
from dataclasses import fields
from decimal import Decimal
from typing import Final

from exchanges.base import FillReport
from orders.models import Fill, Order
from realtime.values import format_money

# The fields that a row and a report of a fill have in common.
SAME_FIELDS: Final = tuple(
    {field.name for field in fields(FillReport)} - {"exchange_order_id", "fee_currency", "symbol"}
)


def load_reports(order: Order) -> dict[str, FillReport]:
    if not order.fills_quantity:
        return {}
    return {fill.trade_id: _to_report(order, fill) for fill in order.fills.all()}


def insert_fills(order: Order, reports: Iterable[FillReport]) -> list[Fill]:
    return Fill.objects.bulk_create(
        Fill(
            order=order,
            user_id=order.user_id,
            key_id=order.key_id,
            symbol=order.symbol,  # also where its venue gave the symbol another name since
            fee_currency=report.fee_currency or "",
            **{name: getattr(report, name) for name in SAME_FIELDS},
        )
        for report in reports
    )


def add_fees(order: Order, reports: Iterable[FillReport]) -> list[Fill]:
    """Add fees that became known after their fills, and have those fills counted again."""
    without_fee = {fill.trade_id: fill for fill in order.fills.filter(fee=None)}
    completed = []
    for report in reports:
        fill = without_fee[report.trade_id]
        fill.fee, fill.fee_currency = report.fee, report.fee_currency or ""
        fill.is_counted = False
        fill.save(update_fields=["fee", "fee_currency", "is_counted"])
        completed.append(fill)
    return completed


def sum_fees(fills: Iterable[FillReport]) -> dict[str, str]:
    """Sum the fees by currency; currencies are never added up."""
    paid: dict[str, Decimal] = {}
    for fill in fills:
        if fill.fee and fill.fee_currency:
            paid[fill.fee_currency] = paid.get(fill.fee_currency, Decimal(0)) + fill.fee
    return {currency: format_money(fee) for currency, fee in sorted(paid.items())}


def _to_report(order: Order, fill: Fill) -> FillReport:
    return FillReport(
        symbol=fill.symbol,
        trade_id=fill.trade_id,
        exchange_order_id=order.exchange_order_id,
        side=fill.side,  # type: ignore[arg-type]  # held to Side by the database
        price=fill.price,
        quantity=fill.quantity,
        fee=fill.fee,
        fee_currency=fill.fee_currency or None,
        is_maker=fill.is_maker,
        executed_at=fill.executed_at,
    )
