"""A ladder of prices: between each two rungs, buy at the lower and sell at the upper, for ever."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Context, Decimal, localcontext
from itertools import pairwise
from typing import Annotated, Literal

from bots.strategies.settings import Asked
from bots.strategies.types import Intent, Lanes, Market, Needs, Place, Placed, Position, missed

LABEL = "Grid"
DOES = "A ladder of prices: buys at each rung, and sells each at the next rung up."
LOSES = "when the price falls below the lowest rung: it has then bought at every one."
MOST_RUNGS = 100
FINE = Context(prec=50)  # more than is kept: 7999.99… that is 8000 must not become a step less


@dataclass(frozen=True, kw_only=True)
class Settings:
    lower: Annotated[Decimal, Asked("Lowest price", above=0)]
    upper: Annotated[Decimal, Asked("Highest price", above=0)]
    levels: Annotated[int, Asked("Steps between them", least=1, most=MOST_RUNGS)]
    quantity: Annotated[Decimal, Asked("Amount for each step", above=0)]
    spacing: Annotated[Literal["even", "percent"], Asked("Steps are equal in")] = "even"


def rungs(settings: Settings, market: Market) -> list[Decimal]:
    """All prices from the lowest to the highest, on the venue's steps."""
    with localcontext(FINE):
        prices = [_rung(settings, Decimal(place)) for place in range(settings.levels + 1)]
    return [market.below(+price) for price in prices]


def _rung(settings: Settings, place: Decimal) -> Decimal:
    if settings.spacing == "even":
        return settings.lower + (settings.upper - settings.lower) * place / settings.levels
    return settings.lower * (settings.upper / settings.lower) ** (place / settings.levels)


def check(settings: Settings, market: Market) -> Iterator[tuple[str, str]]:
    if settings.upper <= settings.lower:
        yield "upper", "This must be above the lowest price."
        return
    if any(high <= low for low, high in pairwise(rungs(settings, market))):
        step = f"{market.price_step:f}"
        yield "levels", f"So many steps are closer than {step}, in which it is priced."
    if not market.below(settings.lower):
        yield "lower", f"{market.symbol} is priced in steps of {market.price_step:f}."
    if market.amount(settings.quantity) != settings.quantity:
        yield "quantity", f"{market.symbol} is traded in steps of {market.quantity_step:f}."
    elif not market.takes(settings.quantity, settings.lower):
        yield "quantity", "At the lowest price this is less than the venue takes."


def needs(settings: Settings, market: Market) -> Needs:
    """What it buys at once; how far up that reaches is known with the price."""
    lows = rungs(settings, market)[:-1]
    begun = [low for low in lows if market.price is not None and low < market.price] or lows[:1]
    quantity = settings.quantity
    return Needs(cost=quantity * sum(begun, Decimal(0)), quantity=quantity * len(begun),
                 orders=settings.levels)  # fmt: skip


def decide(
    settings: Settings, position: Position, lanes: Lanes, market: Market, now: datetime
) -> list[Intent]:
    """Each step has a lane of its own; its odd turns buy and its even ones sell."""
    if halt := missed(lanes):
        return [halt]
    intents: list[Place] = []
    for number, (low, high) in enumerate(pairwise(rungs(settings, market)), start=1):
        lane = f"step-{number:03}"
        last = lanes.get(lane)
        if last is not None and last.is_open:
            continue
        if last is not None and last.side == "buy":
            intents.append(_sell(market, last, high))
        elif market.price is not None and low < market.price:
            turn = last.turn + 1 if last else 1
            intents.append(_buy(settings, lane, turn, low))
    return _without_meetings(intents, lanes)


def _without_meetings(intents: list[Place], lanes: Lanes) -> list[Intent]:
    """The end of one step is the beginning of the next: those two orders must not be open at once.

    It happens where the price is older than the fills are, and venues end what would trade with
    itself. What has to give way is wanted again at the next look.
    """
    prices: dict[str, list[Decimal]] = {"buy": [], "sell": []}
    for one in lanes.values():
        if one.is_open and one.price is not None:
            prices[one.side].append(one.price)
    wanted: list[Intent] = []
    for place in intents:
        price = place.price or Decimal(0)
        meets = (
            any(sell <= price for sell in prices["sell"])
            if place.side == "buy"
            else any(buy >= price for buy in prices["buy"])
        )
        if not meets:
            prices[place.side].append(price)
            wanted.append(place)
    return wanted


def _buy(settings: Settings, lane: str, turn: int, price: Decimal) -> Place:
    why = f"the price is above {price:f}, the lower end of {lane}"
    return Place(slot=lane, turn=turn, side="buy", type="limit", quantity=settings.quantity,
                 price=price, reason=why)  # fmt: skip


def _sell(market: Market, bought: Placed, price: Decimal) -> Place:
    """What was bought, less what the venue kept of it."""
    why = f"bought at {bought.average or bought.price}: sold at the upper end of {bought.slot}"
    quantity = market.amount(bought.received)
    return Place(slot=bought.slot, turn=bought.turn + 1, side="sell", type="limit",
                 quantity=quantity, price=price, reason=why)  # fmt: skip
