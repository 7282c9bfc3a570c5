"""Futures positions: quantity, cost and realised profit."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from exchanges.simulator.decimals import ZERO, floor_to_8

DEFAULT_LEVERAGE = 20
# BOTH is the one position of a contract; with two sides it has a long and a short one.
PositionSide = Literal["BOTH", "LONG", "SHORT"]


@dataclass(kw_only=True)
class Position:
    """One account's position in a contract. A negative quantity is short.

    `cost` has the sign of the quantity and is never rounded, so no digit is lost.
    """

    contract: str
    side: PositionSide = "BOTH"
    quantity: Decimal = ZERO
    cost: Decimal = ZERO
    leverage: int = DEFAULT_LEVERAGE
    isolated: bool = False
    realised: Decimal = ZERO
    updated: int = 0

    @property
    def entry_price(self) -> Decimal:
        return self.cost / self.quantity if self.quantity else ZERO

    def compute_unrealised(self, mark: Decimal) -> Decimal:
        return floor_to_8(self.quantity * mark - self.cost)

    def get_closable(self, side: str) -> Decimal:
        """Return the quantity an order of that side could close before it opens a new position."""
        return max(ZERO, -self.quantity if side == "BUY" else self.quantity)

    def apply_trade(self, side: str, quantity: Decimal, price: Decimal, quote: Decimal) -> Decimal:
        """Add one trade to the position and return the profit or loss it realised."""
        sign = 1 if side == "BUY" else -1
        closing = min(quantity, self.get_closable(side))
        realised = ZERO
        if closing:
            value = quote if closing == quantity else floor_to_8(price * closing)
            realised = self._close_quantity(sign, closing, value)
            quantity, quote = quantity - closing, quote - value
        self.quantity += sign * quantity
        self.cost += sign * quote
        self.realised += realised
        return realised

    def _close_quantity(self, sign: int, quantity: Decimal, value: Decimal) -> Decimal:
        """Reduce the position and return the profit.

        A close of the whole position takes all that is left of the cost, so no digit is lost.
        """
        share = self.cost
        if quantity != abs(self.quantity):
            share = floor_to_8(self.cost * quantity / abs(self.quantity))
        self.quantity += sign * quantity
        self.cost -= share
        return -sign * value - share


@dataclass(frozen=True)
class PositionSnapshot:
    """Copies of a position, its mark price and the futures wallet at one moment."""

    position: Position
    mark: Decimal
    wallet: Decimal


@dataclass(frozen=True)
class PositionEvent:
    """A change without an order: leverage, margin mode or a payment."""

    account: str
    reason: str  # LEVERAGE, MARGIN_TYPE, or the kind of an Income
    snapshot: PositionSnapshot | None
    wallet: Decimal
    delta: Decimal
    time: int
