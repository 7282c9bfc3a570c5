"""Buys once, buys more at every step down, and sells all at a profit on the average price."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated

from bots.strategies.settings import Asked
from bots.strategies.types import (
    Cancel,
    Halt,
    Intent,
    Lanes,
    Market,
    Needs,
    Place,
    Placed,
    Position,
    missed,
    percent,
)

LABEL = "DCA"
DOES = "Buys, buys more at every step down, and sells all at a profit on the average price."
LOSES = "when the price falls past its last step: it holds a lot, and has nothing left to buy with."
BASE, PROFIT = "base", "profit"
SALES = 1000  # a round's sales have the turns from here on: a new one whenever more was bought


@dataclass(frozen=True, kw_only=True)
class Settings:
    amount: Annotated[Decimal, Asked("Spend first", above=0)]
    step_percent: Annotated[Decimal, Asked("Buy more at each fall of", "%", above=0, most=50)]
    steps: Annotated[int, Asked("At most so many times", least=0, most=50)]
    step_amount: Annotated[Decimal, Asked("Spend on each step", above=0)]
    scale: Annotated[Decimal, Asked("Each step's amount times", least=1, most=5)] = Decimal(1)
    profit_percent: Annotated[Decimal, Asked("Sell at a profit of", "%", above=0, most=1000)]
    infinite: Annotated[bool, Asked("Begin again when sold")] = True

    @property
    def deepest(self) -> Decimal:
        return self.step_percent * self.steps

    @property
    def whole_cost(self) -> Decimal:
        """What it can spend in one round."""
        steps = (self.step_amount * self.scale**place for place in range(self.steps))
        return self.amount + sum(steps, Decimal(0))


def check(settings: Settings, market: Market) -> Iterator[tuple[str, str]]:
    if settings.deepest >= 100:
        yield "steps", f"The last step would be {settings.deepest:f} % down."
    for name in ("amount", "step_amount"):
        if getattr(settings, name) < market.min_cost:
            yield name, f"The venue takes no order below {market.min_cost:f}."


def needs(settings: Settings, market: Market) -> Needs:
    """All its steps wait at the venue together, beside the sale."""
    first = market.worth(settings.amount, market.price) if market.price else Decimal(0)
    return Needs(cost=settings.whole_cost, quantity=first, orders=settings.steps + 1)


def decide(
    settings: Settings, position: Position, lanes: Lanes, market: Market, now: datetime
) -> list[Intent]:
    if halt := missed(lanes):
        return [halt]
    base = lanes.get(BASE)
    if base is None:
        return _begin(settings, market, 1)
    if base.is_open:
        return []
    steps = [
        one for lane, one in lanes.items() if lane.startswith("step") and one.turn == base.turn
    ]
    sale = lanes.get(PROFIT)
    sale = sale if sale is not None and sale.turn // SALES == base.turn else None
    if left := _left(position, market):
        return [*_steps(settings, market, base, steps), *_sell(settings, left, position, market,
                base, sale)]  # fmt: skip
    if waiting := [one for one in (*steps, *([sale] if sale else [])) if one.is_open]:
        return [Cancel(slot=one.slot, reason="all is sold") for one in waiting]
    if sale is None and position.quantity > 0:
        words = f"{position.quantity:f} was bought, which is less than the venue takes."
        return [Halt(words=words, is_error=True)]
    if not settings.infinite:
        return [Halt(words="All is sold, and it was to be done once.")]
    return _begin(settings, market, base.turn + 1)


def _left(position: Position, market: Market) -> Decimal:
    """What is held and can be sold."""
    left = market.amount(position.quantity)
    return left if left >= market.min_quantity else Decimal(0)


def _begin(settings: Settings, market: Market, turn: int) -> list[Intent]:
    if market.price is None:
        return []
    quantity = market.worth(settings.amount, market.price)
    why = f"round {turn} begins"
    return [Place(slot=BASE, turn=turn, side="buy", type="market", quantity=quantity, reason=why)]


def _steps(
    settings: Settings, market: Market, base: Placed, steps: list[Placed]
) -> Iterator[Intent]:
    """All of them wait at the venue, from the price of the first purchase down."""
    placed = {one.slot for one in steps}
    start = base.average or Decimal(0)
    for number in range(1, settings.steps + 1):
        lane = f"step-{number:02}"
        if lane in placed:
            continue
        fall = settings.step_percent * number
        price = market.below(start * (1 - percent(fall)))
        if not price:
            continue  # less than a step of what it is priced in
        quantity = market.worth(settings.step_amount * settings.scale ** (number - 1), price)
        if market.takes(quantity, price):
            why = f"{fall:f} % below the first purchase at {start:f}"
            yield Place(slot=lane, turn=base.turn, side="buy", type="limit", quantity=quantity,
                        price=price, reason=why)  # fmt: skip


def _sell(
    settings: Settings,
    left: Decimal,
    position: Position,
    market: Market,
    base: Placed,
    sale: Placed | None,
) -> Iterator[Intent]:
    """One sale of all that is held; when more was bought it gives way to a bigger one."""
    if sale is not None and sale.is_open:
        if sale.quantity - sale.filled != left:
            yield Cancel(slot=PROFIT, reason="more was bought: the average price is another")
        return
    average = position.average or Decimal(0)
    price = market.above(average * (1 + percent(settings.profit_percent)))
    turn = sale.turn + 1 if sale else base.turn * SALES
    why = f"{settings.profit_percent:f} % above the average of {average:f}"
    yield Place(slot=PROFIT, turn=turn, side="sell", type="limit", quantity=left, price=price,
                reason=why)  # fmt: skip
