"""The ledger of a PnL book: lots opened by fills, and the profit of closing them. Pure and exact.

One ledger belongs to one symbol of one bot (or key): paper and live, or two quote currencies, never
share one. Profit is counted before fees; the fee of each step is beside it.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal, localcontext
from typing import Any, Literal

from realtime.values import EXACT, ZERO

SMALLEST = Decimal("1e-18")  # amounts are rounded to it, for some divisions never end

Method = Literal["fifo", "average"]
Side = Literal["buy", "sell"]


@dataclass(frozen=True, slots=True)
class LedgerFill:
    """A fill as the ledger counts it.

    `fee` is in the quote currency, None while it is not known. `fee_in_base` is a fee that the
    venue took from the traded coins; it counts at the price of the fill.
    """

    side: Side
    quantity: Decimal
    price: Decimal
    at: datetime
    fee: Decimal | None = ZERO
    fee_in_base: Decimal = ZERO


@dataclass(slots=True)
class Lot:
    """A quantity held and its cost; a lot sold short has both below zero."""

    quantity: Decimal
    cost: Decimal

    def remove(self, quantity: Decimal) -> Decimal:
        """Take a quantity out and return its cost; the last one costs all that is left."""
        is_all = abs(quantity) == abs(self.quantity)
        cost = self.cost if is_all else (self.cost * quantity / self.quantity).quantize(SMALLEST)
        self.quantity -= quantity
        self.cost -= cost
        return cost


@dataclass(frozen=True, slots=True)
class LedgerStep:
    """The effect of a fill: the quantity it opened or closed, and its profit before fees."""

    at: datetime
    opened: Decimal
    closed: Decimal
    gross: Decimal
    fee: Decimal
    is_provisional: bool
    held: Decimal  # after this step


class Ledger:
    """Lots in the order they were opened; the average method keeps a single one.

    A sale of coins that were not bought here counts as a short sale: its profit is realised when
    they are bought back.
    """

    def __init__(self, method: Method = "fifo", lots: Sequence[Lot] = ()) -> None:
        self.method: Method = method
        self.lots = deque(lots)
        with localcontext(EXACT):
            self.quantity = sum((lot.quantity for lot in lots), ZERO)
            # The price paid for it; of a short position the proceeds, below zero.
            self.cost = sum((lot.cost for lot in lots), ZERO)

    def add_fill(self, fill: LedgerFill) -> list[LedgerStep]:
        """Apply one fill; it takes two steps to close all there is and open the other way."""
        with localcontext(EXACT):
            return self._apply_fill(fill)

    def _apply_fill(self, fill: LedgerFill) -> list[LedgerStep]:
        sign = 1 if fill.side == "buy" else -1
        closable = min(fill.quantity, max(ZERO, -sign * self.quantity))
        steps = []
        fee, provisional = fill.fee or ZERO, fill.fee is None
        if closable:
            share = fee
            if closable != fill.quantity:  # a rest of rounding stays with the opening step
                share = (fee * closable / fill.quantity).quantize(SMALLEST)
            fee -= share
            gross = self._close_lots(sign * closable, fill.price)
            steps.append(
                LedgerStep(fill.at, ZERO, closable, gross, share, provisional, self.quantity)
            )
        if opened := fill.quantity - closable:
            self._open_lot(sign * opened, fill.price)
            steps.append(LedgerStep(fill.at, opened, ZERO, ZERO, fee, provisional, self.quantity))
        if fill.fee_in_base:
            steps[-1] = self._deduct_fee(fill, steps[-1])
        return steps

    def _open_lot(self, quantity: Decimal, price: Decimal) -> None:
        cost = quote_value(quantity, price)
        self.quantity += quantity
        self.cost += cost
        if self.method == "average" and self.lots:
            self.lots[0].quantity += quantity
            self.lots[0].cost += cost
        else:
            self.lots.append(Lot(quantity, cost))

    def _close_lots(self, quantity: Decimal, price: Decimal) -> Decimal:
        """Buy back (above zero) or sell from the oldest lots, and return the profit."""
        cost_before, left = self.cost, quantity
        while left:
            lot = self.lots[0]
            removed = -min(abs(left), abs(lot.quantity)) * (1 if left > 0 else -1)
            self.cost -= lot.remove(removed)
            left += removed
            if not lot.quantity:
                self.lots.popleft()
        self.quantity += quantity
        return quote_value(-quantity, price) - (cost_before - self.cost)

    def _deduct_fee(self, fill: LedgerFill, step: LedgerStep) -> LedgerStep:
        """Deduct coins taken as a fee (or add a rebate), valued at the fill's price."""
        left, gross = fill.fee_in_base, step.gross
        if fill.side == "buy" and (newest := min(left, step.opened)) > 0:
            self._shrink_newest_lot(newest, fill.price)
            left -= newest
        if left:
            gross += self._close_and_open(-left, fill.price)
        fee = step.fee + quote_value(fill.fee_in_base, fill.price)
        return replace(step, gross=gross, fee=fee, held=self.quantity)

    def _shrink_newest_lot(self, quantity: Decimal, price: Decimal) -> None:
        """Take coins out of the lot just bought, at the price just paid: that earns nothing."""
        lot, cost = self.lots[-1], quote_value(quantity, price)
        lot.quantity -= quantity
        lot.cost -= cost
        self.quantity -= quantity
        self.cost -= cost
        if not lot.quantity:
            self.cost -= lot.cost  # a rest of rounding
            self.lots.pop()

    def _close_and_open(self, quantity: Decimal, price: Decimal) -> Decimal:
        """Close as much as there is to close, open the rest, and return the profit."""
        sign = 1 if quantity > 0 else -1
        closable = sign * min(abs(quantity), max(ZERO, -sign * self.quantity))
        gross = self._close_lots(closable, price) if closable else ZERO
        if rest := quantity - closable:
            self._open_lot(rest, price)
        return gross

    # Stored as JSON between two fills: its keys must stay as they are.

    def dump(self) -> dict[str, Any]:
        lots = [[_format_amount(lot.quantity), _format_amount(lot.cost)] for lot in self.lots]
        return {"method": self.method, "lots": lots}

    @classmethod
    def load(cls, state: Mapping[str, Any]) -> "Ledger":
        lots = [Lot(Decimal(quantity), Decimal(cost)) for quantity, cost in state["lots"]]
        return cls(state["method"], lots)


def quote_value(quantity: Decimal, price: Decimal) -> Decimal:
    """Return quantity times price, rounded as it is stored.

    Sums are then the same, however often the book is stored between two fills.
    """
    return EXACT.quantize(EXACT.multiply(quantity, price), SMALLEST)


def _format_amount(value: Decimal) -> str:
    return f"{value.normalize(EXACT):f}"
