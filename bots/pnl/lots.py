"""What fills have earned: lots that were opened, and what closing them brought. Pure and exact.

One ledger belongs to one symbol of one bot (or key): paper and live, or two quote currencies, never
meet in one. Profit is counted before fees; what a part cost in fees stands beside it.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal, localcontext
from typing import Any, Literal

from realtime.values import EXACT, ZERO

CENTS = Decimal("1e-18")  # where a share of an average cost does not end by itself

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
    """Lots in the order they were opened; the average method keeps them as one.

    What is sold without having been bought here counts as sold short: it was worth its price then,
    and what buying it back would cost is not realised.
    """

    def __init__(self, method: Method = "fifo", lots: Sequence[Lot] = ()) -> None:
        self.method: Method = method
        self.lots = deque(lots)
        with localcontext(EXACT):
            self.quantity = sum((lot.quantity for lot in lots), ZERO)
            # What that was bought for; below zero, what a short one was sold for.
            self.cost = sum((lot.cost for lot in lots), ZERO)

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
        cost = worth(quantity, price)
        self.quantity += quantity
        self.cost += cost
        if self.method == "average" and self.lots:
            self.lots[0].quantity += quantity
            self.lots[0].cost += cost
        else:
            self.lots.append(Lot(quantity, cost))

    def _close(self, quantity: Decimal, price: Decimal) -> Decimal:
        """Buy back (above zero) or sell what is held; says the profit."""
        before, left = self.cost, quantity
        while left:
            lot = self.lots[0]
            taken = -min(abs(left), abs(lot.quantity)) * (1 if left > 0 else -1)
            self.cost -= lot.take(taken)
            left += taken
            if not lot.quantity:
                self.lots.popleft()
        self.quantity += quantity
        return worth(-quantity, price) - (before - self.cost)

    def _keep_back(self, part: Part, step: Step) -> Step:
        """The venue kept a little of the coins (or gave some): gone, for what they were worth."""
        left, gross = part.fee_in_base, step.gross
        if part.side == "buy" and (newest := min(left, step.opened)) > 0:
            self._keep_back_newest(newest, part.price)
            left -= newest
        if left:
            gross += self._turn_over(-left, part.price)
        fee = step.fee + worth(part.fee_in_base, part.price)
        return replace(step, gross=gross, fee=fee, held=self.quantity)

    def _keep_back_newest(self, quantity: Decimal, price: Decimal) -> None:
        """Of what was just bought, at what was just paid: nothing is earned by it."""
        lot, cost = self.lots[-1], worth(quantity, price)
        lot.quantity -= quantity
        lot.cost -= cost
        self.quantity -= quantity
        self.cost -= cost
        if not lot.quantity:
            self.cost -= lot.cost  # a digit that rounding left
            self.lots.pop()

    def _turn_over(self, quantity: Decimal, price: Decimal) -> Decimal:
        """Close what can be closed with it, and open the rest."""
        sign = 1 if quantity > 0 else -1
        closable = sign * min(abs(quantity), max(ZERO, -sign * self.quantity))
        gross = self._close(closable, price) if closable else ZERO
        if rest := quantity - closable:
            self._open(rest, price)
        return gross

    # As it is kept between two fills

    def dump(self) -> dict[str, Any]:
        lots = [[_text(lot.quantity), _text(lot.cost)] for lot in self.lots]
        return {"method": self.method, "lots": lots}

    @classmethod
    def load(cls, kept: Mapping[str, Any]) -> "Ledger":
        lots = [Lot(Decimal(quantity), Decimal(cost)) for quantity, cost in kept["lots"]]
        return cls(kept["method"], lots)


def worth(quantity: Decimal, price: Decimal) -> Decimal:
    """To the digit that is kept: so that it adds up alike, in however many sittings."""
    return EXACT.quantize(EXACT.multiply(quantity, price), CENTS)


def _text(value: Decimal) -> str:
    return f"{value.normalize(EXACT):f}"


def _fee(part: Part) -> tuple[Decimal, bool]:
    return (ZERO, True) if part.fee is None else (part.fee, False)


def _share(fee: Decimal, closed: Decimal, quantity: Decimal) -> Decimal:
    """The closing part's; what rounding leaves stays with the opening part."""
    return (fee * closed / quantity).quantize(CENTS)
