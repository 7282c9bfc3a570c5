"""What fills have earned: lots that were opened, and what closing them brought. Pure and exact.

One ledger belongs to one symbol of one bot (or key): paper and live, or two quote currencies, never
meet in one. Profit is counted before fees; what a part cost in fees stands beside it.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Context, Decimal, localcontext
from typing import Any, Literal

EXACT = Context(prec=80)  # products of the longest prices and quantities, and sums of many
CENTS = Decimal("1e-18")  # where a share of an average cost does not end by itself
ZERO = Decimal(0)

Method = Literal["fifo", "average"]
Side = Literal["buy", "sell"]


@dataclass(frozen=True, slots=True)
class Part:
    """A fill, as far as money is concerned.

    `fee` is in the quote currency, None while it is not known; `fee_in_base` is what the venue
    kept of the bought amount itself, and then counts at the price of the fill.
    """

    side: Side
    quantity: Decimal
    price: Decimal
    at: datetime
    fee: Decimal | None = ZERO
    fee_in_base: Decimal = ZERO


@dataclass(slots=True)
class Lot:
    """What is held and what it cost; a sold lot (short) has a quantity below zero."""

    quantity: Decimal
    cost: Decimal

    def take(self, quantity: Decimal) -> Decimal:
        """Give a part of it away; says what that part cost. The last part costs what is left."""
        whole = abs(quantity) == abs(self.quantity)
        cost = self.cost if whole else (self.cost * quantity / self.quantity).quantize(CENTS)
        self.quantity -= quantity
        self.cost -= cost
        return cost


@dataclass(frozen=True, slots=True)
class Step:
    """What one part did: it opened or closed so much, and earned this before fees."""

    at: datetime
    opened: Decimal
    closed: Decimal
    gross: Decimal
    fee: Decimal
    is_provisional: bool
    held: Decimal  # after it

    @property
    def net(self) -> Decimal:
        return self.gross - self.fee


class Ledger:
    """Lots in the order they were opened; the average method keeps them as one."""

    def __init__(self, method: Method = "fifo", lots: Sequence[Lot] = ()) -> None:
        self.method: Method = method
        self.lots = deque(lots)

    @property
    def quantity(self) -> Decimal:
        return sum((lot.quantity for lot in self.lots), ZERO)

    @property
    def cost(self) -> Decimal:
        """What the held amount was bought for; below zero, what a short one was sold for."""
        return sum((lot.cost for lot in self.lots), ZERO)

    def take(self, part: Part) -> list[Step]:
        """Follow one fill; two steps if it closed all there was and opened the other way."""
        with localcontext(EXACT):
            return self._take(part)

    def unrealised(self, price: Decimal) -> Decimal:
        """What closing everything at this price would bring, before fees."""
        with localcontext(EXACT):
            return self.quantity * price - self.cost

    def _take(self, part: Part) -> list[Step]:
        sign = 1 if part.side == "buy" else -1
        closable = min(part.quantity, max(ZERO, -sign * self.quantity))
        steps = []
        fee, provisional = _fee(part)
        if closable:
            share = fee if closable == part.quantity else _share(fee, closable, part.quantity)
            fee -= share
            gross = self._close(sign * closable, part.price)
            steps.append(Step(part.at, ZERO, closable, gross, share, provisional, self.quantity))
        if opened := part.quantity - closable:
            self._open(sign * opened, part.price)
            steps.append(Step(part.at, opened, ZERO, ZERO, fee, provisional, self.quantity))
        if part.fee_in_base:
            steps[-1] = self._keep_back(part, steps[-1])
        return steps

    def _open(self, quantity: Decimal, price: Decimal) -> None:
        if self.method == "average" and self.lots:
            self.lots[0].quantity += quantity
            self.lots[0].cost += quantity * price
        else:
            self.lots.append(Lot(quantity, quantity * price))

    def _close(self, quantity: Decimal, price: Decimal) -> Decimal:
        """Buy back (above zero) or sell what is held; says the profit."""
        gross, left = ZERO, quantity
        while left:
            lot = self.lots[0]
            taken = -min(abs(left), abs(lot.quantity)) * (1 if left > 0 else -1)
            gross += taken * price - lot.take(taken)
            left += taken
            if not lot.quantity:
                self.lots.popleft()
        return gross

    def _keep_back(self, part: Part, step: Step) -> Step:
        """The venue kept a little of the amount: it is gone, for what it was worth."""
        gross, quantity = step.gross, part.fee_in_base
        if self.quantity > 0:
            taken = min(quantity, self.quantity)
            if part.side == "buy":
                self._keep_back_newest(taken, part.price)
            else:
                gross += self._close(-taken, part.price)
        fee = step.fee + quantity * part.price
        return replace(step, gross=gross, fee=fee, held=self.quantity)

    def _keep_back_newest(self, quantity: Decimal, price: Decimal) -> None:
        """Of what was just bought, at what was just paid: nothing is earned by it."""
        lot = self.lots[-1]
        lot.quantity -= quantity
        lot.cost -= quantity * price
        if not lot.quantity:
            self.lots.pop()

    # As it is kept between two fills

    def dump(self) -> dict[str, Any]:
        lots = [[f"{lot.quantity:f}", f"{lot.cost:f}"] for lot in self.lots]
        return {"method": self.method, "lots": lots}

    @classmethod
    def load(cls, kept: Mapping[str, Any]) -> "Ledger":
        lots = [Lot(Decimal(quantity), Decimal(cost)) for quantity, cost in kept["lots"]]
        return cls(kept["method"], lots)


def _fee(part: Part) -> tuple[Decimal, bool]:
    return (ZERO, True) if part.fee is None else (part.fee, False)


def _share(fee: Decimal, closed: Decimal, quantity: Decimal) -> Decimal:
    """The closing part's; what rounding leaves stays with the opening part."""
    return (fee * closed / quantity).quantize(CENTS)
