"""Read the profit that orders closed: what the books of their keys counted for their fills."""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from django.db.models import Sum

from orders.models import Fill
from orders.web import row_text
from realtime.values import format_money


def sum_profits(order_ids: Iterable[int]) -> Mapping[int, Decimal]:
    """Sum the profit before fees by order; orders whose fills closed nothing are left out."""
    fills = Fill.objects.filter(order__in=list(order_ids), closed_profit__isnull=False)
    return dict(fills.order_by().values_list("order").annotate(Sum("closed_profit")))


def describe_profits(order_ids: Iterable[int]) -> Mapping[int, str]:
    """Write the profit of these orders with its sign, by order id."""
    return {pk: format_profit(profit) for pk, profit in sum_profits(order_ids).items()}


def list_uncounted(order_ids: Iterable[int]) -> list[int]:
    """List the orders with fills that the books have not counted yet."""
    fills = Fill.objects.filter(order__in=list(order_ids), is_counted=False)
    return list(fills.order_by("order").values_list("order", flat=True).distinct())


def format_profit(profit: Decimal) -> str:
    """Write a profit as +1,234.50, with all its digits."""
    sign = "+" if profit > 0 else ""
    return sign + row_text.format_number(format_money(profit), row_text.PRICE_DECIMALS)
