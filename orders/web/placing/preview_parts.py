"""The parts of an order's preview, and the texts that they are made of."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from django.utils.translation import gettext_noop

from orders.web.placing import sizes
from orders.web.row_text import PRICE_DECIMALS, format_number
from realtime.values import format_money

MONEY_DIGITS: Final = 8  # of an estimate; what is exact keeps all of them
SUGGESTIONS: Final = {
    "quantity": gettext_noop("Amount: use %(number)s %(unit)s"),
    "price": gettext_noop("Price: use %(number)s %(unit)s"),
    "trigger_price": gettext_noop("Trigger price: use %(number)s %(unit)s"),
    "take_profit": gettext_noop("Take profit: use %(number)s %(unit)s"),
    "stop_loss": gettext_noop("Stop loss: use %(number)s %(unit)s"),
}
MARGIN_MODES: Final = {
    "cross": gettext_noop("cross margin"),
    "isolated": gettext_noop("isolated margin"),
}


@dataclass(frozen=True, slots=True)
class FillButton:
    """A button that writes a value into a field of the form."""

    field: str
    value: str
    label: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One fact about the order, with a warning's look if it needs attention."""

    label: str
    text: str
    is_warning: bool = False


def group_digits(value: Decimal) -> str:
    """Write a number that is exact: all its digits, no zeros that only pad."""
    return format_number(format_money(value), 0)


def format_estimate(value: Decimal) -> str:
    return format_number(format_money(cut_estimate(value)), PRICE_DECIMALS)


def cut_estimate(value: Decimal) -> Decimal:
    """Keep two decimals of what is large, more of what is small."""
    places = PRICE_DECIMALS if abs(value) >= 100 else MONEY_DIGITS
    return sizes.floor_to_step(value, Decimal(1).scaleb(-places))
