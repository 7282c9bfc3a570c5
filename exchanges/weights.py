"""What asking costs at each venue, as its documents say: a plan takes the cheapest way."""

from dataclasses import dataclass
from typing import Final, Literal


@dataclass(frozen=True, kw_only=True, slots=True)
class Weights:
    """In the venue's own units. A list costs its price for every page that it fills."""

    all_open: int
    open_of_symbol: int
    one_order: int
    fills_of_order: int
    holdings: int  # balances, and positions where there are any
    per_minute: int
    page: int
    per: Literal["address", "key"]  # who is counted: everybody behind an address, or each key
    conditional_list: int = 0  # for those that wait in a book of their own; 0: there is none


WEIGHTS: Final = {
    ("binance", "spot"): Weights(
        all_open=80,
        open_of_symbol=6,
        one_order=4,
        fills_of_order=5,
        holdings=20,
        per_minute=6000,
        page=1000,
        per="address",
    ),
    ("binance", "futures"): Weights(
        all_open=40,
        open_of_symbol=1,
        one_order=1,
        fills_of_order=5,
        holdings=10,
        per_minute=2400,
        page=1000,
        per="address",
        conditional_list=40,
    ),
    ("okx", "spot"): Weights(
        all_open=1,
        open_of_symbol=1,
        one_order=1,
        fills_of_order=1,
        holdings=1,
        per_minute=1800,
        page=100,
        per="key",
        conditional_list=3,
    ),
    ("okx", "futures"): Weights(
        all_open=1,
        open_of_symbol=1,
        one_order=1,
        fills_of_order=1,
        holdings=2,
        per_minute=1800,
        page=100,
        per="key",
        conditional_list=3,
    ),
    ("bybit", "spot"): Weights(
        all_open=1,
        open_of_symbol=1,
        one_order=1,
        fills_of_order=1,
        holdings=1,
        per_minute=3000,
        page=50,
        per="key",
    ),
    ("bybit", "futures"): Weights(
        all_open=1,
        open_of_symbol=1,
        one_order=1,
        fills_of_order=1,
        holdings=2,
        per_minute=3000,
        page=50,
        per="key",
    ),
}
POLLED: Final = Weights(  # a venue of which we know no more than that it can be asked
    all_open=60,  # many such venues list orders by symbol only
    open_of_symbol=1,
    one_order=1,
    fills_of_order=1,
    holdings=1,
    per_minute=60,
    page=50,
    per="address",
)


def of(venue: str, market: str) -> Weights:
    return WEIGHTS.get((venue, market), POLLED)
