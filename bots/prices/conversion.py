"""What one currency is worth in another, by the prices of pairs that trade. Pure.

Nothing is assumed: a dollar of one issuer is worth a dollar of another only if a pair says so.
Where no pair trades directly the way leads over one or two currencies that everything trades in.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal, localcontext
from itertools import chain, pairwise, permutations
from typing import Final, NamedTuple

from realtime.values import EXACT

ONE: Final = Decimal(1)
BRIDGES: Final = ("USDT", "USDC", "BTC")
WAYS: Final = tuple(chain.from_iterable(permutations(BRIDGES, length) for length in range(3)))

Pair = tuple[str, str]  # base and quote


class Quoted(NamedTuple):
    """What one of the base costs in the quote currency, and when that was so."""

    price: Decimal
    at: datetime


Prices = Mapping[Pair, Quoted]


class Rate(NamedTuple):
    """What one is worth; `at` is the oldest price on the way, None where none was needed."""

    each: Decimal
    at: datetime | None


def rate(of: str, into: str, prices: Prices) -> Rate | None:
    """By the shortest way there is; None if there is none, which is not the same as nothing."""
    if of == into:
        return Rate(ONE, None)
    for bridges in WAYS:
        if of not in bridges and into not in bridges:
            found = _along((of, *bridges, into), prices)
            if found:
                return found
    return None


def _along(way: tuple[str, ...], prices: Prices) -> Rate | None:
    """One division at the end, so that there and back again is where it began."""
    times, through, oldest = ONE, ONE, None
    with localcontext(EXACT):
        for here, there in pairwise(way):
            leg = next(_legs(here, there, prices), None)
            if leg is None:
                return None
            times, through = times * leg[0], through * leg[1]
            oldest = leg[2] if oldest is None else min(oldest, leg[2])
        return Rate(times / through, oldest)


def _legs(here: str, there: str, prices: Prices) -> Iterator[tuple[Decimal, Decimal, datetime]]:
    """The pair as it trades, then the other way round. A price of zero is none."""
    forth, back = prices.get((here, there)), prices.get((there, here))
    if forth and forth.price > 0:
        yield forth.price, ONE, forth.at
    if back and back.price > 0:
        yield ONE, back.price, back.at
