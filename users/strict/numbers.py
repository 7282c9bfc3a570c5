"""Numbers as people and programs write them, in ASCII digits. Pure."""

import re
from decimal import Context, Decimal
from typing import Final

PLAIN_NUMBER: Final = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")
ALL_DIGITS: Final = Context(prec=100)


def is_plain_number(text: str) -> bool:
    """Tell whether this is a number in ASCII digits: Decimal takes 1_000 and any script too."""
    return PLAIN_NUMBER.fullmatch(text) is not None


def write_plain(value: Decimal) -> str:
    """Write every digit and not one more, and no exponent."""
    return f"{value.normalize(ALL_DIGITS):f}" if value else "0"
