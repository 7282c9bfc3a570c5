"""The latest published prices of instruments."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, cast

from realtime import prices as realtime_prices
from realtime.shapes.market import BookData, PriceData
from realtime.watchlist import LONGEST, WatchAdmission


@dataclass(frozen=True, slots=True)
class LatestPrices:
    """The latest frames of instruments, and which of them are watched from now on."""

    admission: WatchAdmission
    prices: dict[str, PriceData] = field(default_factory=dict)
    books: dict[str, BookData] = field(default_factory=dict)


def last_known(names: Iterable[str]) -> LatestPrices:
    """Return the latest prices, and keep these instruments watched for half a minute."""
    admission = realtime_prices.admit_instruments(list(names)[:LONGEST])
    latest_prices = LatestPrices(admission)
    for kind, name, frame in realtime_prices.read_first_frames(admission.instruments):
        data: Any = json.loads(frame)["data"]
        if kind == "price_update":
            latest_prices.prices[name] = cast(PriceData, data)
        else:
            latest_prices.books[name] = cast(BookData, data)
    return latest_prices
