"""Conversion of one currency into another by the prices of pairs that trade. Pure.

Nothing is assumed: a dollar of one issuer is worth a dollar of another only if a pair says so.
Where no pair trades directly, the path leads over one or two currencies that most pairs trade in.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal, localcontext
from itertools import pairwise, permutations
from typing import Final, NamedTuple

from realtime.values import EXACT

ONE: Final = Decimal(1)
BRIDGES: Final = ("USDT", "USDC", "BTC")
DETOURS: Final = tuple(tuple(permutations(BRIDGES, length)) for length in range(3))

Pair = tuple[str, str]  # base and quote


class PairPrice(NamedTuple):
    """The price of one of the base in the quote currency, and the time of that price."""

    price: Decimal
    at: datetime


Prices = Mapping[Pair, PairPrice]


class Rate(NamedTuple):
    """The value of one unit; `at` is the oldest price used, None where none was needed."""

    each: Decimal
    at: datetime | None


def find_path(
    base: str, into: str, trades: Callable[[Pair], bool], *, most_bridges: int = 2
) -> Sequence[Pair]:
    """Return the pairs of the shortest path from one currency to another, [] if there is none.

    Each is named as it trades, whichever of its two currencies the path comes from.
    """
    for detours in DETOURS[: most_bridges + 1]:
        for bridges in detours:
            if base in bridges or into in bridges:
                continue
            steps = list(pairwise((base, *bridges, into)))
            pairs = [pair for step in steps if (pair := _find_pair(*step, trades))]
            if len(pairs) == len(steps):
                return pairs
    return []


def convert(base: str, into: str, prices: Prices) -> Rate | None:
    """Return the value of one unit; None if no path has prices, which is not a value of zero."""
    if base == into:
        return Rate(ONE, None)
    path = find_path(base, into, lambda pair: pair in prices and prices[pair].price > 0)
    return _follow_path(base, path, prices) if path else None


def _find_pair(left: str, right: str, trades: Callable[[Pair], bool]) -> Pair | None:
    return next((pair for pair in ((left, right), (right, left)) if trades(pair)), None)


def _follow_path(currency: str, path: Sequence[Pair], prices: Prices) -> Rate:
    """Divide once, at the end: there and back again is then exactly where it began."""
    dividend = divisor = ONE
    with localcontext(EXACT):
        for base, quote in path:
            if base == currency:
                dividend, currency = dividend * prices[base, quote].price, quote
            else:
                divisor, currency = divisor * prices[base, quote].price, base
        return Rate(dividend / divisor, min(prices[pair].at for pair in path))
