"""Two prices: buy at one, sell at the other, once or for ever."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal

from bots.strategies.settings import Asked
from bots.strategies.types import (
    Halt,
    Intent,
    Lanes,
    Market,
    Needs,
    Place,
    Placed,
    Position,
    Side,
    missed,
    other,
)

LABEL = "Scalper"
DOES = "Buys at one price and sells at a higher one, once or for ever."
LOSES = "when the price falls below what was bought and stays there: it holds, and waits."


@dataclass(frozen=True, kw_only=True)
class Settings:
    first: Annotated[Literal["buy", "sell"], Asked("First side")] = "buy"
    buy_price: Annotated[Decimal, Asked("Buy at", above=0)]
    sell_price: Annotated[Decimal, Asked("Sell at", above=0)]
    quantity: Annotated[Decimal, Asked("Amount", above=0)]
    trailing_percent: Annotated[
        Decimal | None, Asked("Trail by", unit="%", least="0.1", most=10)
    ] = None
    infinite: Annotated[bool, Asked("Begin again when both are filled")] = True


def check(settings: Settings, market: Market) -> Iterator[tuple[str, str]]:
    """What makes no sense, each as (setting, words)."""
    if settings.sell_price <= settings.buy_price:
        yield "sell_price", "This must be above the price to buy at, or every round loses."
    for name in ("buy_price", "sell_price"):
        price = getattr(settings, name)
        if market.below(price) != price:
            yield name, f"{market.symbol} is priced in steps of {market.price_step:f}."
    if market.amount(settings.quantity) != settings.quantity:
        yield "quantity", f"{market.symbol} is traded in steps of {market.quantity_step:f}."
    elif not market.takes(settings.quantity, settings.buy_price):
        yield "quantity", "This is less than the venue takes."


def needs(settings: Settings, market: Market) -> Needs:
    price = settings.sell_price if market.is_futures else settings.buy_price
    return Needs(cost=settings.quantity * price, quantity=settings.quantity)


def decide(
    settings: Settings, position: Position, lanes: Lanes, market: Market, now: datetime
) -> list[Intent]:
    if halt := missed(lanes):
        return [halt]
    first, second = lanes.get(settings.first), lanes.get(other(settings.first))
    if first is None:
        return _order(settings, market, settings.first, 1, settings.quantity)
    if first.is_open:
        return []
    if second is None or second.turn < first.turn:
        return _back(settings, market, first)
    if second.is_open:
        return []
    if not settings.infinite:
        return [Halt(words="Both orders are filled, and it was to be done once.")]
    return _order(settings, market, settings.first, first.turn + 1, settings.quantity)


def _back(settings: Settings, market: Market, first: Placed) -> list[Intent]:
    """The other side of what was filled; of a purchase, what the venue has left of it."""
    amount = market.amount(first.received)
    return _order(settings, market, other(first.side), first.turn, amount)


def _order(
    settings: Settings, market: Market, side: Side, turn: int, quantity: Decimal
) -> list[Intent]:
    price = settings.buy_price if side == "buy" else settings.sell_price
    if not market.takes(quantity, price):
        return [Halt(words=f"{quantity:f} is less than the venue takes.", is_error=True)]
    if settings.trailing_percent is None:
        why = f"{side} at {price:f}, turn {turn}"
        return [Place(slot=side, turn=turn, side=side, type="limit", quantity=quantity, price=price,
                      reason=why)]  # fmt: skip
    reached = market.price is not None and (
        market.price <= price if side == "buy" else market.price >= price
    )
    if not reached:
        return []  # the price to trail from comes first
    why = f"{price:f} was reached: {side} when it turns by {settings.trailing_percent:f} %"
    trail = settings.trailing_percent
    return [Place(slot=side, turn=turn, side=side, type="trailing_stop", quantity=quantity,
                  trailing_percent=trail, reason=why)]  # fmt: skip
