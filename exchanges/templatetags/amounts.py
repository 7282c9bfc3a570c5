"""Numbers under each other on their point: what only fills up is told apart."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from django import template

from realtime.shapes.events import PositionData
from users.number_format.separators import write_number

register = template.Library()

NOTHING: Final = "\N{EN DASH}"
MINUS: Final = "\N{MINUS SIGN}"


@register.inclusion_tag("holdings/_amount.html")
def amount(value: str | None, decimals: int, *, signed: bool = False) -> dict[str, str]:
    """Split an amount into its digits and the zeros that align it in its column."""
    if value is None:
        return {"digits": NOTHING, "zeros": ""}
    integer, _, fraction = value.removeprefix("-").partition(".")
    sign = MINUS if value.startswith("-") else "+" if signed and value != "0" else ""
    digits = sign + write_number(f"{int(integer):,}")
    point = write_number(".")
    if fraction:
        return {"digits": f"{digits}{point}{fraction}", "zeros": "0" * (decimals - len(fraction))}
    return {"digits": digits, "zeros": point + "0" * decimals if decimals else ""}


@register.filter
def liquidation_distance(position: PositionData) -> str:
    """Say how far the mark may move until the position is liquidated: 12.34 % away."""
    mark, limit = position["mark_price"], position["liquidation_price"]
    if mark is None or limit is None or not Decimal(mark) or not Decimal(limit):
        return ""
    share = abs(Decimal(mark) - Decimal(limit)) / Decimal(mark)
    return f"{write_number(f'{share * 100:.2f}')} % away"


def decimals_of(values: Iterable[str | None]) -> int:
    """The places after the point that a column needs."""
    return max((len(value.partition(".")[2]) for value in values if value), default=0)
