"""The best levels of a market's book as a ladder, whose prices fill the form beside it."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from exchanges.prices import depth
from exchanges.prices.depth import BookLevelData, DepthData
from exchanges.worker_calls import CallError
from orders.models import Side
from orders.web.row_text import PRICE_DECIMALS, format_age, format_number
from realtime.shapes.market import BookData


@dataclass(frozen=True, slots=True)
class LadderRow:
    """One level: its price, its amount, and how much it is of the largest level, in per cent."""

    price: str
    price_text: str
    quantity: str
    share: int
    side: str  # of the order that would meet it


@dataclass(frozen=True, kw_only=True, slots=True)
class Ladder:
    """The asks, the lowest last, over the bids, the highest first; and why there are no more."""

    asks: list[LadderRow]
    bids: list[LadderRow]
    age: str = ""
    reason: str = ""


def read_ladder(instrument: str, *, best: BookData | None, now: datetime) -> Ladder:
    """Read the levels from the venue; where it cannot be asked, show the best of each side."""
    try:
        levels = depth.read_depth(instrument)
    except CallError as error:
        return build_best(best, now=now, reason=str(error))
    return _build_ladder(levels, now=now)


def build_best(best: BookData | None, *, now: datetime, reason: str = "") -> Ladder:
    """Build a ladder of the best bid and ask, as they were heard last."""
    if best is None:
        return Ladder(asks=[], bids=[], reason=reason)
    sides = {
        name: [BookLevelData(price=price, quantity=best[f"{name}_quantity"] or "0")]  # type: ignore[literal-required]
        for name in ("bid", "ask")
        if (price := best[name])
    }
    levels = DepthData(bids=sides.get("bid", []), asks=sides.get("ask", []), at=best["at"])
    return _build_ladder(levels, now=now, reason=reason)


def _build_ladder(levels: DepthData, *, now: datetime, reason: str = "") -> Ladder:
    rows = (*levels["bids"], *levels["asks"])
    largest = max((Decimal(row["quantity"]) for row in rows), default=Decimal(0))
    asks = [_build_row(level, largest, Side.BUY) for level in levels["asks"]]
    return Ladder(
        asks=asks[::-1],
        bids=[_build_row(level, largest, Side.SELL) for level in levels["bids"]],
        age=format_age(levels["at"], now=now),
        reason=reason,
    )


def _build_row(level: BookLevelData, largest: Decimal, side: str) -> LadderRow:
    share = int(Decimal(level["quantity"]) * 100 / largest) if largest else 0
    return LadderRow(
        price=level["price"],
        price_text=format_number(level["price"], PRICE_DECIMALS),
        quantity=format_number(level["quantity"], 0),
        share=share,
        side=side,
    )
