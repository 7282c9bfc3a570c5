"""Amounts of an order that is being written: on the venue's step, never rounded up. Pure."""

from decimal import ROUND_DOWN, Decimal, localcontext
from typing import Final

from realtime.values import EXACT

SHARES: Final = (25, 50, 75, 100)  # per cent of what is free
ONE: Final = Decimal(1)


def floor_to_step(value: Decimal, step: Decimal) -> Decimal:
    """Return the largest multiple of the step that is not above the value."""
    if not step:
        return value
    with localcontext(EXACT):
        return (value / step).to_integral_value(ROUND_DOWN) * step


def take_share(free: Decimal, percent: int) -> Decimal:
    with localcontext(EXACT):
        return free * percent / 100


def convert_to_quantity(
    money: Decimal,
    *,
    at: Decimal,
    step: Decimal,
    leverage: Decimal = ONE,
    fee_rate: Decimal = Decimal(0),
) -> Decimal:
    """Return how much this money buys; a contract binds a margin, and pays its fee besides."""
    with localcontext(EXACT) as context:
        context.prec = 60  # a quotient fills all places there are; the step cuts them anyway
        return floor_to_step(money / (at * (ONE / leverage + fee_rate)), step)


def multiply(*factors: Decimal) -> Decimal:
    product = ONE
    with localcontext(EXACT):
        for factor in factors:
            product *= factor
    return product
