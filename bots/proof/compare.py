"""Compare what our books, the venue's statement and its balances say of each asset. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from exchanges.base import StatementRow
from realtime.values import EXACT, ZERO, format_money

ROUNDING: Final = Decimal("1e-8")  # to which venues round an amount


@dataclass(frozen=True, slots=True)
class AssetProof:
    """The change of one asset as each side says it; None where it says nothing."""

    books: Decimal
    statement: Decimal | None
    balance: Decimal
    difference: Decimal  # what the venue has more than our books, or than its own statement
    differs: bool

    def to_json(self) -> dict[str, str | bool | None]:
        statement = None if self.statement is None else format_money(self.statement)
        return {
            "books": format_money(self.books),
            "statement": statement,
            "balance": format_money(self.balance),
            "difference": format_money(self.difference),
            "differs": self.differs,
        }


def compare_assets(
    books: Mapping[str, Decimal],
    rows: Iterable[StatementRow] | None,
    balances: Mapping[str, Decimal],
    *,
    roundings: Mapping[str, int],
) -> dict[str, AssetProof]:
    """Compare the changes asset by asset.

    The statement must explain the balance, all its lines together; and our books must say what the
    lines of our own instruments say. Without a statement of trades they must explain the balance.
    """
    whole: dict[str, Decimal] = defaultdict(Decimal)
    own: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows or ():
        whole[row.asset] = EXACT.add(whole[row.asset], row.amount)
        if row.is_own:
            own[row.asset] = EXACT.add(own[row.asset], row.amount)
    proofs = {}
    for asset in sorted({*books, *whole, *balances}):
        said, moved = books.get(asset, ZERO), balances.get(asset, ZERO)
        expected = moved if rows is None else own[asset]
        tolerance = ROUNDING * roundings.get(asset, 0)
        missing = EXACT.subtract(expected, said)
        unexplained = ZERO if rows is None else EXACT.subtract(moved, whole[asset])
        differs = abs(missing) > tolerance or unexplained != ZERO
        if not (said or moved or whole[asset] or differs):
            continue
        proofs[asset] = AssetProof(
            books=said,
            statement=None if rows is None else own[asset],
            balance=moved,
            difference=EXACT.add(missing, unexplained) if differs else ZERO,
            differs=differs,
        )
    return proofs
