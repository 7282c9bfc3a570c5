"""Arithmetic of amounts: eight decimals, always rounded down."""

from decimal import ROUND_DOWN, Decimal

EIGHT_PLACES = Decimal("0.00000001")
ZERO = Decimal(0)


def floor_to_8(value: Decimal) -> Decimal:
    return value.quantize(EIGHT_PLACES, rounding=ROUND_DOWN)


def floor_to(value: Decimal, step: Decimal) -> Decimal:
    return (value // step) * step


def format_8(value: Decimal) -> str:
    return f"{value:.8f}"


def format_plain(value: Decimal) -> str:
    """Write a number without trailing zeros or an exponent."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def write_8(**amounts: Decimal) -> dict[str, str]:
    """Write the fields of a row with eight decimals each."""
    return {name: format_8(amount) for name, amount in amounts.items()}


def write_plain(**amounts: Decimal) -> dict[str, str]:
    """Write the fields of a row without trailing zeros."""
    return {name: format_plain(amount) for name, amount in amounts.items()}


def count_decimals(value: Decimal) -> int:
    """Return the number of decimals as written, trailing zeros included."""
    exponent = value.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
