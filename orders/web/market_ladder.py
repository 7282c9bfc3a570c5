"""The best levels of a market's book as a ladder, whose prices fill the form beside it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from django.utils.html import format_html
from django.utils.safestring import SafeString

from exchanges.prices import depth
from exchanges.prices.depth import BookLevelData, DepthData
from exchanges.worker_calls import CallError
from orders.models import Side
from orders.web.row_text import PRICE_DECIMALS, format_age, format_number
from realtime.shapes.events import OrderData
from realtime.shapes.market import BookData
from realtime.values import format_money

STALE_SECONDS: Final = 15  # the page asks each three seconds
LISTED: Final = ("new", "partially_filled")  # in the book of the venue


@dataclass(frozen=True, slots=True)
class LadderRow:
    """One level: its price, its amount, and how much it is of the largest level, in per cent."""

    price: str
    price_text: str
    quantity: str
    share: int
    side: str  # of the order that would meet it
    own: str  # what is left of the reader's own orders here


@dataclass(frozen=True, kw_only=True, slots=True)
class Ladder:
    """The asks, the lowest last, over the bids, the highest first; and why there are no more."""

    asks: list[LadderRow]
    bids: list[LadderRow]
    age: str = ""
    reason: str = ""


OwnAmounts = Mapping[tuple[str, Decimal], Decimal]  # by side and price


def sum_own_orders(orders: Iterable[OrderData]) -> OwnAmounts:
    """Sum what is left of open limit orders, by side and price."""
    amounts: dict[tuple[str, Decimal], Decimal] = defaultdict(Decimal)
    for order in orders:
        if order["price"] is not None and order["type"] == "limit" and order["status"] in LISTED:
            amounts[order["side"], Decimal(order["price"])] += Decimal(order["remaining"])
    return amounts


def read_ladder(
    instrument: str, *, best: BookData | None, own: OwnAmounts, now: datetime
) -> Ladder:
    """Read the levels from the venue; where it cannot be asked, show the best of each side."""
    try:
        levels = depth.read_depth(instrument)
    except CallError as error:
        return build_best(best, own=own, now=now, reason=str(error))
    return _build_ladder(levels, own=own, now=now)


def build_best(
    best: BookData | None, *, own: OwnAmounts, now: datetime, reason: str = ""
) -> Ladder:
    """Build a ladder of the best bid and ask, as they were heard last."""
    if best is None:
        return Ladder(asks=[], bids=[], reason=reason)
    sides = {
        name: [BookLevelData(price=price, quantity=best[f"{name}_quantity"] or "0")]  # type: ignore[literal-required]
        for name in ("bid", "ask")
        if (price := best[name])
    }
    levels = DepthData(bids=sides.get("bid", []), asks=sides.get("ask", []), at=best["at"])
    return _build_ladder(levels, own=own, now=now, reason=reason)


def _build_ladder(levels: DepthData, *, own: OwnAmounts, now: datetime, reason: str = "") -> Ladder:
    rows = (*levels["bids"], *levels["asks"])
    largest = max((Decimal(row["quantity"]) for row in rows), default=Decimal(0))
    asks = [_build_row(level, largest, Side.BUY, own) for level in levels["asks"]]
    return Ladder(
        asks=asks[::-1],
        bids=[_build_row(level, largest, Side.SELL, own) for level in levels["bids"]],
        age=_mark_age(levels["at"], now),
        reason=reason,
    )


def _mark_age(at: str, now: datetime) -> SafeString:
    """Mark the age so that the page counts it up: the next answer may not come."""
    age = '<time data-age data-stale-after="{}" datetime="{}">{}</time>'
    return format_html(age, STALE_SECONDS, at, format_age(at, now=now))


def _build_row(level: BookLevelData, largest: Decimal, side: str, own: OwnAmounts) -> LadderRow:
    resting = Side.SELL if side == Side.BUY else Side.BUY
    amount = own.get((resting, Decimal(level["price"])))
    share = int(Decimal(level["quantity"]) * 100 / largest) if largest else 0
    return LadderRow(
        price=level["price"],
        price_text=format_number(level["price"], PRICE_DECIMALS),
        quantity=format_number(level["quantity"], 0),
        share=share,
        side=side,
        own=format_number(format_money(amount), 0) if amount else "",
    )
