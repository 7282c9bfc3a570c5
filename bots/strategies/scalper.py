"""Buys at one price and sells at another, once or again and again."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal

from bots.strategies.decisions import (
    SIDES,
    Halt,
    Intent,
    Market,
    Needs,
    Place,
    Position,
    Side,
    SlotOrder,
    Slots,
    find_missed,
    opposite_side,
)
from bots.strategies.settings import Input
from realtime.values import gettext_noop
from users.languages.text import Phrase

LABEL = gettext_noop("Scalper")
DOES = gettext_noop("Buys at one price and sells at a higher one, once or for ever.")
LOSES = gettext_noop(
    "when the price falls below what was bought and stays there: it holds, and waits."
)


@dataclass(frozen=True, kw_only=True)
class Settings:
    first: Annotated[Literal["buy", "sell"], Input("First side")] = "buy"
    buy_price: Annotated[Decimal, Input("Buy at", above=0)]
    sell_price: Annotated[Decimal, Input("Sell at", above=0)]
    quantity: Annotated[Decimal, Input("Amount", above=0)]
    trailing_percent: Annotated[Decimal | None, Input("Trail by", "%", least="0.1", most=10)] = None
    infinite: Annotated[bool, Input("Begin again when both are filled")] = True


def check_settings(settings: Settings, market: Market) -> Iterator[tuple[str, str]]:
    """Yield (setting, message) for each setting that makes no sense."""
    if settings.sell_price <= settings.buy_price:
        message = Phrase("This must be above the price to buy at, or every round loses.")
        yield "sell_price", message
    for name in ("buy_price", "sell_price"):
        price = getattr(settings, name)
        if market.round_price_down(price) != price:
            yield name, market.explain_price_step()
    if market.round_quantity(settings.quantity) != settings.quantity:
        yield "quantity", market.explain_quantity_step()
    elif not market.accepts_order(settings.quantity, settings.buy_price):
        yield "quantity", Phrase("This is less than the venue takes.")


def estimate_needs(settings: Settings, market: Market) -> Needs:
    price = settings.sell_price if market.is_futures else settings.buy_price
    return Needs(cost=settings.quantity * price, quantity=settings.quantity)


def decide(
    settings: Settings, position: Position, slots: Slots, market: Market, now: datetime
) -> list[Intent]:
    if halt := find_missed(slots):
        return [halt]
    first, second = slots.get(settings.first), slots.get(opposite_side(settings.first))
    if first is None:
        return _make_order(settings, market, settings.first, 1, settings.quantity)
    if first.is_open:
        return []
    if second is None or second.turn < first.turn:
        return _order_back(settings, market, first)
    if second.is_open:
        return []
    if not settings.infinite:
        return [Halt(reason=Phrase("Both orders are filled, and it runs only once."))]
    return _make_order(settings, market, settings.first, first.turn + 1, settings.quantity)


def _order_back(settings: Settings, market: Market, first: SlotOrder) -> list[Intent]:
    """Trade back what was filled; of a purchase, what is left after a fee in coins."""
    amount = market.round_quantity(first.received)
    return _make_order(settings, market, opposite_side(first.side), first.turn, amount)


def _make_order(
    settings: Settings, market: Market, side: Side, turn: int, quantity: Decimal
) -> list[Intent]:
    price = settings.buy_price if side == "buy" else settings.sell_price
    if not market.accepts_order(quantity, price):
        reason = Phrase("%(quantity)s is less than the venue takes.", quantity=f"{quantity:f}")
        return [Halt(reason=reason, is_error=True)]
    if settings.trailing_percent is None:
        values = {"side": SIDES[side], "price": f"{price:f}", "turn": turn}
        reason = Phrase("%(side)s at %(price)s, turn %(turn)s", **values)
        return [Place(slot=side, turn=turn, side=side, type="limit", quantity=quantity, price=price,
                      reason=reason)]  # fmt: skip
    reached = market.price is not None and (
        market.price <= price if side == "buy" else market.price >= price
    )
    if not reached:
        return []  # it trails only from that price on
    trail = settings.trailing_percent
    values = {"side": SIDES[side], "price": f"{price:f}", "percent": f"{trail:f}"}
    reason = Phrase("%(price)s was reached: %(side)s when it turns by %(percent)s %%", **values)
    return [Place(slot=side, turn=turn, side=side, type="trailing_stop", quantity=quantity,
                  trailing_percent=trail, reason=reason)]  # fmt: skip
