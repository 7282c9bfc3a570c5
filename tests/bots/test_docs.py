"""The examples of docs/bots.md and docs/money.md are what the code does."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from rest_framework.test import APIClient

from bots.pnl.lots import Ledger, LedgerFill
from bots.strategies.decisions import (
    Amend,
    Cancel,
    Halt,
    Intent,
    Market,
    Place,
    Position,
    Sample,
    SlotOrder,
)
from bots.strategies.entry_and_exit import ENTRY
from bots.strategies.registry import STRATEGIES
from bots.strategies.settings import read_settings
from tests.bots.pnl.fills import FillSpec, count_fills, create_bot, create_key, write_fills
from users.models import User

DOCS = Path(__file__).parents[2] / "docs"
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
KEPT = Decimal("0.001")
BLOCK = re.compile(r"```\n(\w+): (.*)\n((?:\S.*\n)+)```")
LINE = re.compile(r"(.*?)  +(.*)")


def list_examples() -> list[tuple[str, str, list[str]]]:
    found = BLOCK.findall((DOCS / "bots.md").read_text())
    return [(name, settings, lines.splitlines()) for name, settings, lines in found]


class Story:
    """A strategy, and what happens to it line by line."""

    def __init__(self, name: str, settings: str) -> None:
        self.strategy = STRATEGIES[name]
        raw = dict(one.split(" ") for one in settings.split(", "))
        self.settings = read_settings(self.strategy.Settings, raw)
        self.slots: dict[str, SlotOrder] = {}
        self.ledger = Ledger("average")
        self.samples: list[Sample] = []
        self.now = NOON
        self.market = Market(
            symbol="BTC/USDT",
            is_futures=False,
            price_step=Decimal("0.01"),
            quantity_step=Decimal("0.00001"),
            min_quantity=Decimal("0.00001"),
            min_cost=Decimal(5),
            amends=True,
        )

    def apply_event(self, what: str) -> str:
        """What it wants then, in words."""
        kind, *rest = what.split(" ")
        getattr(self, f"_{kind}")(*rest)
        market = replace(self.market, samples=self.samples)
        position = Position(quantity=self.ledger.quantity, cost=self.ledger.cost)
        wanted = self.strategy.decide(self.settings, position, self.slots, market, self.now)
        return ", ".join(self._done(one) for one in wanted) or "nothing"

    def _price(self, price: str) -> None:
        self.market = replace(self.market, price=Decimal(price))

    def _seen(self, price: str, *_: str) -> None:
        """For an hour."""
        self._price(price)
        at = [self.now - timedelta(minutes=60 - number) for number in range(60)]
        self.samples = [Sample(at=one, high=Decimal(price), low=Decimal(price)) for one in at]

    def _bought(self, quantity: str, at: str, price: str) -> None:
        """By hand: a person opened it."""
        place = Place(slot=ENTRY, turn=1, side="buy", type="market", quantity=Decimal(quantity),
                      reason="told to buy")  # fmt: skip
        self._done(place)
        self._filled(price)

    def _filled(self, price: str) -> None:
        """The open order at this price, or the one that takes any."""
        self._price(price)
        found = [one for one in self.slots.values() if one.is_open]
        order = next((one for one in found if one.price == Decimal(price)), found[-1])
        kept = order.quantity * KEPT if order.side == "buy" else Decimal(0)
        part = LedgerFill(order.side, order.quantity, Decimal(price), self.now, fee_in_base=kept)
        self.ledger.add_fill(part)
        cost = order.quantity * Decimal(price)
        self.slots[order.slot] = replace(
            order, is_open=False, filled=order.quantity, cost=cost, fee_in_base=kept
        )

    def _ended(self, slot: str) -> None:
        self.slots[slot] = replace(self.slots[slot], is_open=False, cancelled_by_us=True)

    def _done(self, intent: Intent) -> str:
        match intent:
            case Place():
                self.slots[intent.slot] = SlotOrder(
                    **{name: getattr(intent, name) for name in SAME},
                    filled=Decimal(0),
                    cost=Decimal(0),
                    is_open=True,
                    cancelled_by_us=False,
                    at=self.now,
                )
                return f"{intent.side} {intent.quantity.normalize():f} {describe_price(intent)}"
            case Amend(slot=slot, quantity=quantity, price=price):
                self.slots[slot] = replace(self.slots[slot], quantity=quantity, price=price)
                return f"change {slot} to {quantity.normalize():f} at {price.normalize():f}"
            case Cancel(slot=slot):
                return f"cancel {slot}"
            case Halt(reason=words):
                return f"stop: {words}"


SAME = ("slot", "turn", "side", "type", "quantity", "price")


def describe_price(place: Place) -> str:
    if place.price is not None:
        return f"at {place.price.normalize():f}"
    if place.trigger_price is not None:
        return f"when {place.trigger_price.normalize():f}"
    if place.trailing_percent is not None:
        return f"trailing by {place.trailing_percent.normalize():f} %"
    return "at market"


@pytest.mark.parametrize(
    ("name", "settings", "lines"), list_examples(), ids=lambda one: str(one)[:8]
)
def test_a_strategys_example(name: str, settings: str, lines: list[str]) -> None:
    story = Story(name, settings)
    for line in lines:
        apply_event, wants = (LINE.fullmatch(line) or pytest.fail(line)).groups()
        assert story.apply_event(apply_event) == wants


def test_each_strategy_has_one() -> None:
    assert {name for name, _, _ in list_examples()} == set(STRATEGIES)


def tables(heading: str) -> list[list[list[str]]]:
    """Those of docs/money.md with this heading, row by row."""
    text = (DOCS / "money.md").read_text()
    found = re.findall(rf"\| {re.escape(heading)} \|\n\|[-|]+\n((?:\|.*\n)+)", text)
    return [
        [[cell.strip() for cell in row.strip("|").split("|")] for row in table.splitlines()]
        for table in found
    ]


def _part(fill: str, **fees: Decimal) -> LedgerFill:
    side, quantity, _, price = fill.split()
    return LedgerFill(side, Decimal(quantity), Decimal(price), NOON, **fees)  # type: ignore[arg-type]


@pytest.mark.parametrize("method", ["fifo", "average"])
def test_the_tables_of_profit(method: Any) -> None:
    column = {"fifo": 2, "average": 3}[method]
    found = tables("# | fill | fifo | average | held")
    assert len(found) == 3
    for *rows, last in found:
        ledger, earned = Ledger(method), Decimal(0)
        for row in rows:
            gross = sum(step.gross for step in ledger.add_fill(_part(row[1])))
            assert (gross, ledger.quantity) == (Decimal(row[column]), Decimal(row[4])), row
            earned += gross
        assert earned == Decimal(last[column])


def test_the_tables_of_fees() -> None:
    found = tables("fill | fee | gross | fees | held")
    assert len(found) == 2
    for (*rows, last), net in zip(found, ("9.78011", "9.79"), strict=True):
        ledger, sums = Ledger(), [Decimal(0), Decimal(0)]
        for fill, fee, *cells in rows:
            amount, *of_the_coin = fee.split()
            name = "fee_in_base" if of_the_coin else "fee"
            (step,) = ledger.add_fill(_part(fill, **{name: Decimal(amount)}))
            assert [step.gross, step.fee, step.held] == [Decimal(cell) for cell in cells], fill
            sums = [sums[0] + step.gross, sums[1] + step.fee]
        assert sums == [Decimal(last[2]), Decimal(last[3])]
        assert sums[0] - sums[1] == Decimal(net)


def named(cell: str) -> set[str]:
    return set(re.findall(r"`(\w+)`", cell))


def fields_of(answer: Any) -> set[str]:
    """Its names, and those of what is in it."""
    inner = answer.values() if isinstance(answer, dict) else answer
    deeper = [fields_of(one) for one in inner if isinstance(one, dict | list)]
    return set().union(answer if isinstance(answer, dict) else [], *deeper)


def test_the_fields_of_what_was_earned(user: User) -> None:
    key = create_key(user)
    trades = [("buy", 1), ("sell", 1), ("buy", 2)]  # a round, and something held
    wanted = [
        FillSpec(minute, side, Decimal(quantity), Decimal(100), is_bots=True)
        for minute, (side, quantity) in enumerate(trades)
    ]
    write_fills(key, wanted, create_bot(key))
    count_fills(key)
    client = APIClient()
    client.force_authenticate(user)
    (rows,) = tables("`GET` | gives, for each | with these fields")
    told = {path.strip("`"): named(fields) for path, _, fields in rows}
    told["bots/"] |= told["summary/"]
    for path, fields in told.items():
        answer = client.get(f"/api/v1/analytics/{path}").json()
        found = fields_of(answer["results"] if path == "rounds/" else answer)
        assert found == fields, path
