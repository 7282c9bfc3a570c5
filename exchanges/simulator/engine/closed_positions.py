"""Past positions of an account, replayed from its fills: from nothing held to nothing held."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from exchanges.simulator.accounts.positions import Position, PositionSide
from exchanges.simulator.decimals import ZERO
from exchanges.simulator.orders.orders import Fill, Side


@dataclass
class Closing:
    """The part of a position that one order closed."""

    symbol: str
    order_id: int
    side: Side
    started: int
    updated: int
    quantity: Decimal = ZERO
    entry_value: Decimal = ZERO
    exit_value: Decimal = ZERO
    realised: Decimal = ZERO
    open_fee: Decimal = ZERO
    close_fee: Decimal = ZERO
    fills: int = 0


@dataclass
class PastPosition:
    """A position that was closed in part or, if `is_closed`, wholly."""

    symbol: str
    side: PositionSide
    is_long: bool
    opened: int
    updated: int
    largest: Decimal = ZERO
    opened_quantity: Decimal = ZERO
    opened_value: Decimal = ZERO
    fees: Decimal = ZERO
    is_closed: bool = False
    closings: list[Closing] = field(default_factory=list)

    @property
    def closed_quantity(self) -> Decimal:
        return sum((closing.quantity for closing in self.closings), ZERO)

    @property
    def realised(self) -> Decimal:
        return sum((closing.realised for closing in self.closings), ZERO)

    @property
    def exit_value(self) -> Decimal:
        return sum((closing.exit_value for closing in self.closings), ZERO)


def replay_positions(fills: Iterable[Fill]) -> list[PastPosition]:
    """Return the positions that the fills of one contract opened, by side, oldest first."""
    by_side: dict[PositionSide, list[Fill]] = defaultdict(list)
    for fill in fills:
        by_side[fill.position_side].append(fill)
    return [past for side_fills in by_side.values() for past in _replay_side(side_fills)]


def _replay_side(fills: Iterable[Fill]) -> list[PastPosition]:
    past: list[PastPosition] = []
    held, open_fees = Position(contract=""), ZERO
    for fill in fills:
        closing = min(fill.quantity, held.get_closable(fill.side))
        fee = fill.commission * closing / fill.quantity
        if closing:
            share = open_fees * closing / abs(held.quantity)
            open_fees -= share
            _add_closing(past[-1], held, fill, closing, share, fee)
        held.apply_trade(fill.side, fill.quantity, fill.price, fill.quote)
        if closing and (not held.quantity or closing < fill.quantity):
            past[-1].is_closed = True
        if closing < fill.quantity:
            open_fees += fill.commission - fee
            _add_opening(past, fill, fill.quantity - closing, fill.commission - fee)
            past[-1].largest = max(past[-1].largest, abs(held.quantity))
    return past


def _add_opening(past: list[PastPosition], fill: Fill, quantity: Decimal, fee: Decimal) -> None:
    if not past or past[-1].is_closed:
        is_long, side = fill.side == "BUY", fill.position_side
        past.append(PastPosition(fill.symbol, side, is_long, fill.time, fill.time))
    position = past[-1]
    position.updated = fill.time
    position.opened_quantity += quantity
    position.opened_value += fill.price * quantity
    position.fees += fee


def _add_closing(
    position: PastPosition,
    held: Position,
    fill: Fill,
    quantity: Decimal,
    open_fee: Decimal,
    fee: Decimal,
) -> None:
    if not position.closings or position.closings[-1].order_id != fill.order_id:
        new = Closing(fill.symbol, fill.order_id, fill.side, fill.time, fill.time)
        position.closings.append(new)
    closing = position.closings[-1]
    closing.quantity += quantity
    closing.entry_value += held.entry_price * quantity
    closing.exit_value += fill.price * quantity
    closing.realised += fill.realised
    closing.open_fee += open_fee
    closing.close_fee += fee
    closing.fills += 1
    closing.updated = position.updated = fill.time
    position.fees += fee
