"""The counts of a run see what they are there for: an order too many, too few, or too early."""

from decimal import Decimal

import pytest

from tests.bots.endurance.plans import PLANS, VenueOrderRow


def row(name: str, **more: object) -> VenueOrderRow:
    usual = {
        "side": "BUY",
        "type": "LIMIT",
        "quantity": Decimal(1),
        "executed": Decimal(1),
        "kept": Decimal(0),
        "price": Decimal(59500),
        "status": "FILLED",
        "at": 1,
        "changed_at": 1,
    }
    return VenueOrderRow(name=name, **(usual | more))  # type: ignore[arg-type]  # as tests name them


def waits(name: str, **more: object) -> VenueOrderRow:
    return row(name, status="NEW", executed=Decimal(0), **more)


def wrong(strategy: str, *rows: VenueOrderRow) -> list[str]:
    course = PLANS[strategy]
    return course.count(rows, course.settings)


BOUGHT, SOLD = row("a"), row("b", side="SELL", at=2, changed_at=3)
ENTRY = row("e", type="MARKET")
STEPS = [waits(f"s{number}") for number in range(3)]
SALE = waits("p", side="SELL")


def test_what_is_right_is_right() -> None:
    assert not wrong("scalper", BOUGHT, SOLD, waits("c", at=4))
    assert not wrong("dca", ENTRY, *STEPS, SALE)
    assert not wrong("dip", ENTRY, waits("g", side="SELL"))
    steps = [waits(f"s{low}", price=Decimal(low)) for low in range(58000, 62000, 800)]
    assert not wrong("grid", *steps)


@pytest.mark.parametrize(
    ("strategy", "rows"),
    [
        ("scalper", (BOUGHT, SOLD)),
        ("scalper", (BOUGHT, waits("c"), waits("d", side="SELL"))),
        ("scalper", (BOUGHT, row("b", at=2), waits("c", side="SELL", at=4))),
        ("scalper", (BOUGHT, row("b", side="SELL", at=0), waits("c", at=4))),
        ("grid", (waits("s", price=Decimal(58000)),)),
        ("dca", (ENTRY, *STEPS[:2], SALE)),
        ("dca", (ENTRY, *STEPS, SALE, waits("q", side="SELL"))),
        ("dip", (ENTRY, row("g", side="SELL"), row("h", side="SELL"))),
        ("dip", (ENTRY, *(waits(name, side="SELL") for name in "ghi"))),
        ("momentum", (row("e", type="MARKET", status="CANCELED"),)),
    ],
)
def test_what_is_wrong_is_seen(strategy: str, rows: tuple[VenueOrderRow, ...]) -> None:
    assert wrong(strategy, *rows)
