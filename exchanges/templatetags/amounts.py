"""Numbers under each other on their point: what only fills up is told apart."""

from collections.abc import Iterable
from typing import Final

from django import template

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
    digits = f"{sign}{int(integer):,}"
    point = "." if decimals else ""
    if fraction:
        return {"digits": f"{digits}.{fraction}", "zeros": "0" * (decimals - len(fraction))}
    return {"digits": digits, "zeros": point + "0" * decimals}


def decimals_of(values: Iterable[str | None]) -> int:
    """The places after the point that a column needs."""
    return max((len(value.partition(".")[2]) for value in values if value), default=0)
