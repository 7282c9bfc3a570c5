"""Buys once, buys more at every step down, and sells all at a profit on the average price."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated

from bots.strategies import guards
from bots.strategies.decisions import (
    Amend,
    Cancel,
    Halt,
    Intent,
    Market,
    Needs,
    Place,
    Position,
    SlotOrder,
    Slots,
    find_missed,
)
from bots.strategies.settings import Input
from realtime.values import format_average, gettext_noop
from users.languages.text import Phrase

LABEL = gettext_noop("DCA")
DOES = gettext_noop(
    "Buys, buys more at every step down, and sells all at a profit on the average price."
)
LOSES = gettext_noop(
    "when the price falls past its last step: it holds a lot, and has nothing left to buy with."
)
BASE, PROFIT = "base", "profit"
TURNS_A_ROUND = 1000  # round n's sales have turns from n * 1000: each purchase replaces the sale


@dataclass(frozen=True, kw_only=True)
class Settings:
    amount: Annotated[Decimal, Input("Spend first", above=0)]
    step_percent: Annotated[Decimal, Input("Buy more at each fall of", "%", above=0, most=50)]
    steps: Annotated[int, Input("At most so many times", least=0, most=50)]
    step_amount: Annotated[Decimal, Input("Spend on each step", above=0)]
    scale: Annotated[Decimal, Input("Each step's amount times", least=1, most=5)] = Decimal(1)
    profit_percent: Annotated[Decimal, Input("Sell at a profit of", "%", above=0, most=1000)]
    infinite: Annotated[bool, Input("Begin again when sold")] = True

    @property
    def total_fall(self) -> Decimal:
        return self.step_percent * self.steps

    @property
    def total_cost(self) -> Decimal:
        """The most that one round spends."""
        steps = (self.step_amount * self.scale**number for number in range(self.steps))
        return self.amount + sum(steps, Decimal(0))


def check_settings(settings: Settings, market: Market) -> Iterator[tuple[str, str]]:
    if settings.total_fall >= 100:
        percent = f"{settings.total_fall:f}"
        yield "steps", Phrase("The last step would be %(percent)s %% down.", percent=percent)
    for name in ("amount", "step_amount"):
        if getattr(settings, name) < market.min_cost:
            yield name, guards.explain_least(market.min_cost)


def estimate_needs(settings: Settings, market: Market) -> Needs:
    """Count all steps and the sale: they wait at the venue together."""
    first = market.quantity_for(settings.amount, market.price) if market.price else Decimal(0)
    return Needs(cost=settings.total_cost, quantity=first, orders=settings.steps + 1)


def decide(
    settings: Settings, position: Position, slots: Slots, market: Market, now: datetime
) -> list[Intent]:
    if halt := find_missed(slots):
        return [halt]
    base = slots.get(BASE)
    if base is None:
        return _buy_first(settings, market, 1)
    if base.is_open:
        return []
    steps = [
        order
        for slot, order in slots.items()
        if slot.startswith("step") and order.turn == base.turn
    ]
    sale = slots.get(PROFIT)
    sale = sale if sale is not None and sale.turn // TURNS_A_ROUND == base.turn else None
    if held := _sellable_quantity(position, market):
        buys = _buy_steps(settings, market, base, steps)
        return [*buys, *_sell_all(settings, held, position, market, base, sale)]
    if waiting := [order for order in (*steps, *([sale] if sale else [])) if order.is_open]:
        return [Cancel(slot=order.slot, reason=Phrase("all is sold")) for order in waiting]
    if sale is None and position.quantity > 0:
        bought = f"{position.quantity:f}"
        reason = Phrase("%(bought)s was bought, which is less than the venue takes.", bought=bought)
        return [Halt(reason=reason, is_error=True)]
    if not settings.infinite:
        return [Halt(reason=Phrase("All is sold, and it runs only once."))]
    return _buy_first(settings, market, base.turn + 1)


def _sellable_quantity(position: Position, market: Market) -> Decimal:
    """Return the held quantity, or 0 if it is less than the venue takes."""
    held = market.round_quantity(position.quantity)
    return held if held >= market.min_quantity else Decimal(0)


def _buy_first(settings: Settings, market: Market, turn: int) -> list[Intent]:
    if market.price is None:
        return []
    quantity = market.quantity_for(settings.amount, market.price)
    why = Phrase("round %(turn)s begins", turn=turn)
    return [Place(slot=BASE, turn=turn, side="buy", type="market", quantity=quantity, reason=why)]


def _buy_steps(
    settings: Settings, market: Market, base: SlotOrder, steps: list[SlotOrder]
) -> Iterator[Intent]:
    """Place the missing steps, all at once, down from the price of the first purchase."""
    placed = {order.slot for order in steps}
    start = base.average or Decimal(0)
    for number in range(1, settings.steps + 1):
        slot = f"step-{number:02}"
        if slot in placed:
            continue
        fall = settings.step_percent * number
        price = market.round_price_down(start * (1 - fall / 100))
        if not price:
            continue  # less than one price step
        quantity = market.quantity_for(settings.step_amount * settings.scale ** (number - 1), price)
        if market.accepts_order(quantity, price):
            reason = _explain_step(fall, start)
            yield Place(slot=slot, turn=base.turn, side="buy", type="limit", quantity=quantity,
                        price=price, reason=reason)  # fmt: skip


def _explain_step(fall: Decimal, start: Decimal) -> Phrase:
    values = {"percent": f"{fall:f}", "price": format_average(start)}
    return Phrase("%(percent)s %% below the first purchase at %(price)s", **values)


def _sell_all(
    settings: Settings,
    held: Decimal,
    position: Position,
    market: Market,
    base: SlotOrder,
    sale: SlotOrder | None,
) -> Iterator[Intent]:
    """Keep one sale of all that is held; when more is bought it grows or is replaced."""
    average = position.average or Decimal(0)
    price = market.round_price_up(average * (1 + settings.profit_percent / 100))
    if sale is not None and sale.is_open:
        if sale.quantity - sale.filled != held and not sale.is_changing:
            yield _change_sale(sale, held, price, market)
        return
    turn = sale.turn + 1 if sale else base.turn * TURNS_A_ROUND
    values = {"percent": f"{settings.profit_percent:f}", "average": format_average(average)}
    reason = Phrase("%(percent)s %% above the average of %(average)s", **values)
    yield Place(slot=PROFIT, turn=turn, side="sell", type="limit", quantity=held, price=price,
                reason=reason)  # fmt: skip


def _change_sale(sale: SlotOrder, held: Decimal, price: Decimal, market: Market) -> Intent:
    """Change the sale where the venue can: all stays on sale meanwhile, and one request is enough.

    What was asked for and did not happen is not asked for again.
    """
    quantity = sale.filled + held
    reason = Phrase("more was bought: the average price changed")
    if market.amends and sale.asked_quantity != quantity:
        return Amend(slot=PROFIT, quantity=quantity, price=price, reason=reason)
    return Cancel(slot=PROFIT, reason=reason)
