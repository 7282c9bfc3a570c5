"""A venue's library does not change how we reckon."""

from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Context, getcontext, localcontext
from typing import Any

from exchanges import pool
from exchanges.models import ExchangeKey


def test_numbers_are_rounded_after_a_call_as_before(key: ExchangeKey) -> None:
    with localcontext(Context(rounding=ROUND_HALF_EVEN)):
        pool.call(key, _as_ccxt_does)
        assert getcontext().rounding == ROUND_HALF_EVEN


async def _as_ccxt_does(_: Any) -> None:
    """In decimal_to_precision."""
    getcontext().rounding = ROUND_HALF_UP
