"""What somebody holds of one contract: how much, since what price, and what closing it brought."""

from dataclasses import dataclass
from decimal import Decimal

from exchanges.simulator.decimals import ZERO, floor_to_8

DEFAULT_LEVERAGE = 20


@dataclass(kw_only=True)
class Position:
    """One way: a negative quantity is short. `cost` has its sign, and every digit."""

    contract: str
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
        """How much an order of that side could close before it opened anything."""
        return max(ZERO, -self.quantity if side == "BUY" else self.quantity)

    def apply_trade(self, side: str, quantity: Decimal, price: Decimal, quote: Decimal) -> Decimal:
        """Take one trade into the position; returns what it brought or cost to close a part."""
        sign = 1 if side == "BUY" else -1
        closing = min(quantity, self.get_closable(side))
        brought = ZERO
        if closing:
            value = quote if closing == quantity else floor_to_8(price * closing)
            brought = self._close_quantity(sign, closing, value)
            quantity, quote = quantity - closing, quote - value
        self.quantity += sign * quantity
        self.cost += sign * quote
        self.realised += brought
        return brought

    def _close_quantity(self, sign: int, quantity: Decimal, value: Decimal) -> Decimal:
        """The last part takes all that is left of the cost, so that no digit is ever lost."""
        share = self.cost
        if quantity != abs(self.quantity):
            share = floor_to_8(self.cost * quantity / abs(self.quantity))
        self.quantity += sign * quantity
        self.cost -= share
        return -sign * value - share


@dataclass(frozen=True)
class PositionSnapshot:
    """A position, its market and the futures wallet, as they stood at one moment."""

    position: Position
    mark: Decimal
    wallet: Decimal


@dataclass(frozen=True)
class PositionEvent:
    """Something changed without an order: leverage, the kind of margin, or money paid in."""

    account: str
    reason: str  # LEVERAGE, MARGIN_TYPE, DEPOSIT
    snapshot: PositionSnapshot | None
    wallet: Decimal
    delta: Decimal
    time: int
