"""The terms of an order as a venue reports them, beside its price and quantity. Pure."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal


@dataclass(frozen=True, kw_only=True, slots=True)
class OrderTerms:
    """The conditions of an order, as its venue reports them; None where the venue does not say."""

    trigger_price: Decimal | None = None
    take_profit_price: Decimal | None = None  # the second trigger of two that cancel each other
    trailing_percent: Decimal | None = None
    time_in_force: str | None = None  # GTC, IOC, FOK, PO for post only, GTD until `good_till`
    good_till: datetime | None = None
    reduce_only: bool | None = None
    position_side: Literal["net", "long", "short"] | None = None  # net, or a side of two
    closes_position: bool | None = None  # all of the position, whatever that is by then
    group: str | None = None  # the venue's id of the orders that belong together
