"""What asking costs at each venue, as its documents say: a plan takes the cheapest way."""

from dataclasses import dataclass, replace
from typing import Final, Literal


@dataclass(frozen=True, kw_only=True, slots=True)
class Weights:
    """In the venue's own units. A list costs its price for every page that it fills."""

    per_minute: int
    page: int
    per: Literal["address", "key"]  # who is counted: everybody behind an address, or each key
    per_address: tuple[int, int] | None = None  # besides each key: so much in so many seconds
    all_open: int = 1
    open_of_symbol: int = 1
    one_order: int = 1
    fills_of_order: int = 1
    holdings: int = 1  # balances, and positions where there are any
    prices: int = 1  # the last ones of everything
    candles: int = 2
    conditional_list: int = 0  # for those that wait in a book of their own; 0: there is none


OKX: Final = Weights(per_minute=1800, page=100, per="key", conditional_list=3)
BYBIT: Final = Weights(per_minute=3000, page=50, per="key", per_address=(600, 5))
WEIGHTS: Final = {
    ("binance", "spot"): Weights(
        per_minute=6000,
        page=1000,
        per="address",
        all_open=80,
        open_of_symbol=6,
        one_order=4,
        fills_of_order=5,
        holdings=20,
        prices=4,
    ),
    ("binance", "futures"): Weights(
        per_minute=2400,
        page=1000,
        per="address",
        all_open=40,
        fills_of_order=5,
        holdings=10,
        prices=2,
        conditional_list=40,
    ),
    ("okx", "spot"): OKX,
    ("okx", "futures"): replace(OKX, holdings=2),
    ("bybit", "spot"): BYBIT,
    ("bybit", "futures"): replace(BYBIT, holdings=2),
}
# A venue of which we know no more than that it can be asked; many such list by symbol only.
POLLED: Final = Weights(per_minute=60, page=50, per="address", all_open=60)


def of(venue: str, market: str) -> Weights:
    return WEIGHTS.get((venue, market), POLLED)
