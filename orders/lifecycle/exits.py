"""The exits that an order is placed with: where to take profit, where to stop the loss. Pure."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from orders.lifecycle.groups import EXITS, STOP_LOSS, TAKE_PROFIT


@dataclass(frozen=True, kw_only=True, slots=True)
class ExitTerms:
    """The price at which an exit begins, and the limit that it has then; None is at market."""

    trigger_price: Decimal
    price: Decimal | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Exits:
    """One exit, both, or none."""

    take_profit: ExitTerms | None = None
    stop_loss: ExitTerms | None = None

    def __bool__(self) -> bool:
        return bool(self.take_profit or self.stop_loss)

    def get_terms(self, role: str) -> ExitTerms | None:
        return {TAKE_PROFIT: self.take_profit, STOP_LOSS: self.stop_loss}[role]

    def list_roles(self) -> tuple[str, ...]:
        return tuple(role for role in EXITS if self.get_terms(role))

    def to_columns(self) -> dict[str, Decimal | None]:
        """Return the fields of a group's row."""
        columns: dict[str, Decimal | None] = {}
        for role in EXITS:
            terms = self.get_terms(role)
            columns[f"{role}_trigger"] = terms.trigger_price if terms else None
            columns[f"{role}_price"] = terms.price if terms else None
        return columns


def read_exits(row: Any) -> Exits:
    """Read the exits of a group's row."""
    terms: dict[str, ExitTerms | None] = {}
    for role in EXITS:
        trigger, price = getattr(row, f"{role}_trigger"), getattr(row, f"{role}_price")
        terms[role] = ExitTerms(trigger_price=trigger, price=price) if trigger else None
    return Exits(**terms)


NO_EXITS: Final = Exits()
