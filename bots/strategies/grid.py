"""Buys at each price of a grid, and sells at the next one up, again and again."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Context, Decimal, localcontext
from functools import lru_cache
from itertools import pairwise
from typing import Annotated, Literal

from bots.strategies.decisions import (
    Intent,
    Market,
    Needs,
    Place,
    Position,
    SlotOrder,
    Slots,
    find_missed,
    opposite_side,
)
from bots.strategies.settings import Input
from realtime.values import format_average, gettext_noop
from users.languages.text import Phrase

LABEL = gettext_noop("Grid")
DOES = gettext_noop("A grid of prices: buys at each step, and sells at the next step up.")
LOSES = gettext_noop("when the price falls below the lowest step: it has then bought at every one.")
MOST_STEPS = 100
FINE = Context(prec=50)  # with fewer digits 8000 becomes 7999.99…, rounded down to a step less


@dataclass(frozen=True, kw_only=True)
class Settings:
    lower: Annotated[Decimal, Input("Lowest price", above=0)]
    upper: Annotated[Decimal, Input("Highest price", above=0)]
    levels: Annotated[int, Input("Steps between them", least=1, most=MOST_STEPS)]
    quantity: Annotated[Decimal, Input("Amount for each step", above=0)]
    spacing: Annotated[Literal["even", "percent"], Input("Steps are equal in")] = "even"


def list_prices(settings: Settings, market: Market) -> list[Decimal]:
    """Return the grid's prices from the lowest to the highest, in the venue's steps."""
    return [market.round_price_down(price) for price in _compute_prices(settings)]


@lru_cache(maxsize=256)  # 100 equal percentages take 6 ms
def _compute_prices(settings: Settings) -> tuple[Decimal, ...]:
    with localcontext(FINE):
        steps = range(settings.levels + 1)
        return tuple(+_step_price(settings, Decimal(number)) for number in steps)


def _step_price(settings: Settings, number: Decimal) -> Decimal:
    if settings.spacing == "even":
        return settings.lower + (settings.upper - settings.lower) * number / settings.levels
    return settings.lower * (settings.upper / settings.lower) ** (number / settings.levels)


def check_settings(settings: Settings, market: Market) -> Iterator[tuple[str, str]]:
    if settings.upper <= settings.lower:
        yield "upper", Phrase("This must be above the lowest price.")
        return
    if any(high <= low for low, high in pairwise(list_prices(settings, market))):
        step = f"{market.price_step:f}"
        message = Phrase(
            "So many steps are closer together than the price step of %(step)s.", step=step
        )
        yield "levels", message
    if not market.round_price_down(settings.lower):
        yield "lower", market.explain_price_step()
    if market.round_quantity(settings.quantity) != settings.quantity:
        yield "quantity", market.explain_quantity_step()
    elif not market.accepts_order(settings.quantity, settings.lower):
        yield "quantity", Phrase("At the lowest price this is less than the venue takes.")


def estimate_needs(settings: Settings, market: Market) -> Needs:
    """Count the steps below the price: those it buys at once."""
    lows = list_prices(settings, market)[:-1]
    begun = [low for low in lows if market.price is not None and low < market.price] or lows[:1]
    quantity = settings.quantity
    return Needs(cost=quantity * sum(begun, Decimal(0)), quantity=quantity * len(begun),
                 orders=settings.levels)  # fmt: skip


def decide(
    settings: Settings, position: Position, slots: Slots, market: Market, now: datetime
) -> list[Intent]:
    """Give each step a slot of its own: its odd turns buy, its even turns sell."""
    if halt := find_missed(slots):
        return [halt]
    intents: list[Place] = []
    for number, (low, high) in enumerate(pairwise(list_prices(settings, market)), start=1):
        slot = f"step-{number:03}"
        last = slots.get(slot)
        if last is not None and last.is_open:
            continue
        if last is not None and last.side == "buy":
            intents.append(_sell_order(market, last, high))
        elif market.price is not None and low < market.price:
            turn = last.turn + 1 if last else 1
            intents.append(_buy_order(settings, slot, turn, low))
    return _drop_crossing(intents, slots)


def _drop_crossing(intents: list[Place], slots: Slots) -> list[Intent]:
    """Leave out orders that would match an open order of this bot.

    One step's sale has the price of the next step's purchase. Both are wanted at once when the
    price is older than the fills, and venues cancel what would trade with itself. An order that is
    left out is wanted again at the next evaluation.
    """
    prices: dict[str, list[Decimal]] = {"buy": [], "sell": []}
    for order in slots.values():
        if order.is_open and order.price is not None:
            prices[order.side].append(order.price)
    kept: list[Intent] = []
    for place in intents:
        price = place.price or Decimal(0)
        buys, others = place.side == "buy", prices[opposite_side(place.side)]
        if not any(other <= price if buys else other >= price for other in others):
            prices[place.side].append(price)
            kept.append(place)
    return kept


def _buy_order(settings: Settings, slot: str, turn: int, price: Decimal) -> Place:
    values = {"price": f"{price:f}", "slot": slot}
    reason = Phrase("the price is above %(price)s, the lower end of %(slot)s", **values)
    return Place(slot=slot, turn=turn, side="buy", type="limit", quantity=settings.quantity,
                 price=price, reason=reason)  # fmt: skip


def _sell_order(market: Market, bought: SlotOrder, price: Decimal) -> Place:
    """Sell the bought quantity, less the fee that the venue took from it."""
    paid = bought.average or bought.price or Decimal(0)
    values = {"price": format_average(paid), "slot": bought.slot}
    reason = Phrase("bought at %(price)s: sold at the upper end of %(slot)s", **values)
    quantity = market.round_quantity(bought.received)
    return Place(slot=bought.slot, turn=bought.turn + 1, side="sell", type="limit",
                 quantity=quantity, price=price, reason=reason)  # fmt: skip
