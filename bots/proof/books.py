"""Add up by how much each asset of a key changed in our books: fills, fees and income. Pure.

A fill of a contract moves only its realised profit, which venues compute from the average cost of
the position, whatever method our PnL uses.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from realtime.values import EXACT, ZERO

Changes = dict[str, Decimal]


def name_position(symbol: str, side: str) -> str:
    """Name a position: by its symbol, and by its side where an account holds two of it."""
    return symbol if side in ("", "net") else f"{symbol} {side}"


@dataclass(frozen=True, kw_only=True, slots=True)
class BookedFill:
    """A fill as it stands in our books."""

    symbol: str
    side: str
    price: Decimal
    quantity: Decimal
    fee: Decimal | None
    fee_currency: str
    position_side: str = ""


@dataclass(slots=True)
class HeldPosition:
    """A position with what it cost; below zero it is short, and so is its cost."""

    quantity: Decimal = ZERO
    cost: Decimal = ZERO

    def apply(self, fill: BookedFill) -> Decimal:
        """Add a fill, and return the profit that it realised."""
        signed = fill.quantity if fill.side == "buy" else -fill.quantity
        is_closing = self.quantity * signed < 0
        closing = min(abs(signed), abs(self.quantity)) if is_closing else ZERO
        realised = ZERO
        if closing:
            share = EXACT.divide(EXACT.multiply(self.cost, closing), abs(self.quantity))
            proceeds = EXACT.multiply(fill.price, closing)
            realised = proceeds - share if self.quantity > 0 else -proceeds - share
            self.cost = EXACT.subtract(self.cost, share)
        self.quantity += signed
        rest = abs(signed) - closing
        opened = EXACT.multiply(fill.price, rest)
        self.cost = EXACT.add(self.cost, opened if signed > 0 else -opened)
        return realised


@dataclass
class BookedChanges:
    """The sums so far, and how many roundings of the venue may be in each."""

    amounts: Changes = field(default_factory=lambda: defaultdict(Decimal))
    roundings: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    positions: dict[str, HeldPosition] = field(default_factory=lambda: defaultdict(HeldPosition))

    def add(self, asset: str, amount: Decimal) -> None:
        self.amounts[asset] = EXACT.add(self.amounts[asset], amount)


def add_up(
    fills: Iterable[BookedFill],
    incomes: Iterable[tuple[str, Decimal]],
    positions: Mapping[str, HeldPosition],
) -> BookedChanges:
    """Add up what moved since a proof that ended with these positions."""
    changes = BookedChanges()
    changes.positions.update(positions)
    for fill in fills:
        _add_fill(changes, fill)
    for asset, amount in incomes:
        changes.add(asset, amount)
    return changes


def _add_fill(changes: BookedChanges, fill: BookedFill) -> None:
    pair, _, settled_in = fill.symbol.partition(":")
    base, _, quote = pair.partition("/")
    if settled_in:
        name = name_position(fill.symbol, fill.position_side)
        changes.add(settled_in, changes.positions[name].apply(fill))
        changes.roundings[settled_in] += 2  # of what it brought, and of what that had cost
    else:
        sign = 1 if fill.side == "buy" else -1
        changes.add(base, sign * fill.quantity)
        changes.add(quote, -sign * EXACT.multiply(fill.price, fill.quantity))
        changes.roundings[quote] += 1
    if fill.fee:
        changes.add(fill.fee_currency, -fill.fee)
