"""Whether a venue would take such an order at all: its steps and limits, checked at our door."""

from collections.abc import Iterator
from decimal import Context, Decimal
from typing import Final

from exchanges.models import Symbol
from realtime.values import format_money

EXACT: Final = Context(prec=76)  # the default of 28 digits has no answer for large amounts
TOO_LARGE: Final = Decimal(10) ** 20  # for the column that it is written to


def objections(
    symbol: Symbol,
    *,
    quantity: Decimal,
    price: Decimal | None,
    trigger_price: Decimal | None = None,
    reduce_only: bool = False,
) -> Iterator[tuple[str, str]]:
    """What is wrong, each as (field, words); nothing is rounded behind anyone's back."""
    asked = {"quantity": quantity, "price": price, "trigger_price": trigger_price}
    for field, value in asked.items():
        if value is not None and value >= TOO_LARGE:
            yield field, "This is larger than can be written down."
            return
    if not _on_step(quantity, symbol.quantity_step):
        step = format_money(symbol.quantity_step)
        yield "quantity", f"{symbol.name} is traded in steps of {step} {symbol.base}."
    elif quantity < symbol.min_quantity:
        yield "quantity", f"The least is {format_money(symbol.min_quantity)} {symbol.base}."
    for field, value in (("price", price), ("trigger_price", trigger_price)):
        if value is not None and not _on_step(value, symbol.price_step):
            step = format_money(symbol.price_step)
            yield field, f"{symbol.name} is priced in steps of {step} {symbol.quote}."
    at = price or trigger_price
    if at and quantity * at < symbol.min_cost and not reduce_only:
        worth = f"{format_money(quantity * at)} {symbol.quote}"
        least = f"{format_money(symbol.min_cost)} {symbol.quote}"
        yield "quantity", f"This order is worth {worth}; the least is {least}."


def _on_step(value: Decimal, step: Decimal) -> bool:
    return not step or EXACT.remainder(value, step) == 0
