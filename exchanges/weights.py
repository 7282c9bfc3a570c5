"""What asking costs at each venue, as its documents say: a plan takes the cheapest way."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, kw_only=True, slots=True)
class Weights:
    all_open: int
    open_of_symbol: int
    one_order: int
    fills_of_order: int
    per_minute: int


WEIGHTS: Final = {
    ("binance", "spot"): Weights(
        all_open=80, open_of_symbol=6, one_order=4, fills_of_order=5, per_minute=6000
    ),
}
