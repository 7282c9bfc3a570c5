"""Results, sums and shares of money as people read them, on every page of bots."""

from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

from bots.charts.scales import format_number
from orders.web.row_text import MINUS, NOTHING
from realtime.values import format_money
from users.number_format.separators import write_number

COIN_PLACES: Final = 8
FIAT_PLACES: Final = 2
FIAT: Final = ("USD", "EUR", "GBP", "JPY", "TRY", "BRL", "AUD", "CHF", "DAI")


def format_result(value: Decimal | None, currency: str) -> str:
    """Write a profit or a loss, always with its sign: +12.30 of dollars, +0.00001200 of a coin."""
    return format_sum(value, currency, plus="+")


def format_sum(value: Decimal | None, currency: str, *, plus: str = "") -> str:
    """Write an amount of money: 12,345.60 of dollars, 0.00001200 of a coin."""
    if value is None:
        return NOTHING
    rounded = round_to_places(value, currency)
    sign = plus if rounded > 0 else MINUS if rounded < 0 else ""
    return sign + write_number(f"{abs(rounded):,f}")


def format_percent(share: Decimal | None) -> str:
    """Write a share between 0 and 1, or a change, in percent."""
    if share is None:
        return NOTHING
    percent = share * 100
    sign = MINUS if round(percent, 1) < 0 else ""
    return f"{sign}{write_number(f'{abs(percent):,.1f}')} %"


def format_ratio(value: Decimal | None) -> str:
    return NOTHING if value is None else format_number(value)


def format_digits(value: Decimal | None) -> str:
    """Write every digit, for the text that shows when the pointer rests on a number."""
    return "" if value is None else format_money(value)


def format_all_digits(value: Decimal | None) -> str:
    """Write every digit, those before the point in groups: 65,000.125."""
    return NOTHING if value is None else write_number(f"{Decimal(format_money(value)):,f}")


def result_class(value: Decimal | None) -> str:
    """Return the CSS class that colours a profit or a loss."""
    return "" if not value else "gain" if value > 0 else "loss"


def round_to_places(value: Decimal, currency: str) -> Decimal:
    """Round half to even, whatever rounding this thread's decimal context has."""
    return value.quantize(Decimal(1).scaleb(-count_places(currency)), ROUND_HALF_EVEN)


def count_places(currency: str) -> int:
    """Return with how many places an amount of a currency is written."""
    is_fiat = any(currency.endswith(name) or currency.startswith(name) for name in FIAT)
    return FIAT_PLACES if is_fiat else COIN_PLACES
