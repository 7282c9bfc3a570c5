"""What our books say that a key's assets changed by, and how that is compared."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from bots.proof.books import BookedFill, HeldPosition, add_up
from bots.proof.compare import compare_assets
from exchanges.base import StatementRow

SWAP = "BTC/USDT:USDT"


def fill(side: str, quantity: str, price: str, **more: object) -> BookedFill:
    terms = {"symbol": SWAP, "fee": None, "fee_currency": "USDT", **more}
    return BookedFill(side=side, quantity=Decimal(quantity), price=Decimal(price), **terms)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("fills", "realised", "held"),
    [
        ([("buy", "1", "100"), ("sell", "1", "110")], "10", "0"),
        ([("sell", "1", "100"), ("buy", "1", "110")], "-10", "0"),
        ([("buy", "1", "100"), ("buy", "1", "120"), ("sell", "1", "130")], "20", "1"),
        ([("buy", "1", "100"), ("sell", "3", "110"), ("buy", "1", "90")], "30", "-1"),
    ],
)
def test_a_contract_brings_only_what_closing_realised(
    fills: list[tuple[str, str, str]], realised: str, held: str
) -> None:
    changes = add_up([fill(*one) for one in fills], [], {})
    assert changes.amounts["USDT"] == Decimal(realised)
    assert changes.positions[SWAP].quantity == Decimal(held)


def test_it_goes_on_from_the_positions_of_the_last_proof() -> None:
    before = {SWAP: HeldPosition(Decimal(-2), Decimal(-200))}
    changes = add_up([fill("buy", "1", "95", fee=Decimal("0.5"))], [("USDT", Decimal(-1))], before)
    assert changes.amounts["USDT"] == Decimal("3.5")  # 5 realised, the fee, and funding


def test_two_sides_of_a_symbol_are_two_positions() -> None:
    fills = [
        fill("buy", "1", "100", position_side="long"),
        fill("sell", "1", "110", position_side="short"),
        fill("buy", "1", "105", position_side="short"),
    ]
    changes = add_up(fills, [], {})
    assert changes.amounts["USDT"] == 5
    held = {name: one.quantity for name, one in changes.positions.items()}
    assert held == {f"{SWAP} long": Decimal(1), f"{SWAP} short": Decimal(0)}


def test_spot_exchanges_coins_and_pays_its_fee_in_any() -> None:
    bought = fill("buy", "2", "100", symbol="BTC/USDT", fee=Decimal("0.1"), fee_currency="BNB")
    changes = add_up([bought], [], {})
    assert dict(changes.amounts) == {"BTC": 2, "USDT": -200, "BNB": Decimal("-0.1")}


def row(amount: str, *, is_own: bool = True) -> StatementRow:
    return StatementRow(
        id=amount,
        kind="trade",
        asset="USDT",
        amount=Decimal(amount),
        at=datetime(2026, 3, 1, tzinfo=UTC),
        is_own=is_own,
    )


@pytest.mark.parametrize(
    ("books", "rows", "balance", "difference"),
    [
        ("5", ["5"], "5", None),
        ("5", ["5"], "6", "1"),  # the statement does not explain the balance
        ("5", ["6"], "6", "1"),  # our books lack something
        ("5.00000001", ["5"], "5", None),  # as much as one rounding
        ("5.000000011", ["5"], "5", "-1.1E-8"),
        ("5", None, "5", None),
        ("5", None, "4", "-1"),
    ],
)
def test_what_differs(
    books: str, rows: list[str] | None, balance: str, difference: str | None
) -> None:
    told = None if rows is None else [row(amount) for amount in rows]
    compared = compare_assets(
        {"USDT": Decimal(books)}, told, {"USDT": Decimal(balance)}, roundings={"USDT": 1}
    )["USDT"]
    expected = None if difference is None else Decimal(difference)
    assert (compared.difference if compared.differs else None) == expected


def test_lines_of_other_markets_explain_the_wallet_and_not_our_books() -> None:
    told = [row("5"), row("7", is_own=False)]
    compared = compare_assets({"USDT": Decimal(5)}, told, {"USDT": Decimal(12)}, roundings={})[
        "USDT"
    ]
    assert not compared.differs
