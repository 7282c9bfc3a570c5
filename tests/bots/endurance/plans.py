"""Plan of each strategy's run: markets, settings, and the check of the venue's orders.

Each count is told from the venue's own rows alone: nothing of a strategy's code is asked.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise, zip_longest
from typing import Any

DUST = Decimal("0.0001")
Count = Callable[[Sequence["VenueOrderRow"], Mapping[str, Any]], list[str]]


@dataclass(frozen=True, kw_only=True, slots=True)
class VenueOrderRow:
    """One order of ours as its venue has it; the earliest first."""

    name: str
    side: str
    type: str
    quantity: Decimal
    executed: Decimal
    kept: Decimal  # of what was bought, as a fee
    price: Decimal
    status: str
    at: int
    changed_at: int

    @property
    def is_full(self) -> bool:
        return self.status == "FILLED"

    @property
    def is_open(self) -> bool:
        return self.status in ("NEW", "PARTIALLY_FILLED")


@dataclass(frozen=True, slots=True)
class EndurancePlan:
    strategy: str
    settings: Mapping[str, Any]
    count: Count
    step: int  # the widest move of the price at a time
    markets: tuple[str, ...]  # the first of them in the short form


def each_after_the_one_before(rows: Sequence[VenueOrderRow], _: Mapping[str, Any]) -> list[str]:
    """Scalper: to and fro. All but the newest are full, each was placed after the one before."""
    wrong = [f"{row.name} is {row.status}, and not the newest" for row in rows[:-1]
             if not row.is_full]  # fmt: skip
    if not rows or not rows[-1].is_open:
        wrong.append("nothing waits")
    for place, (before, after) in enumerate(pairwise(rows), start=1):
        if after.side == before.side:
            wrong.append(f"two orders to {after.side} after each other, the second is {place}")
        if after.at < before.changed_at:
            wrong.append(f"{after.name} came before {before.name} was full")
    return wrong


def one_for_each_step_and_each_full_fill(
    rows: Sequence[VenueOrderRow], settings: Mapping[str, Any]
) -> list[str]:
    """Grid: every step began with one order, and every order that was full had one successor."""
    full = sum(row.is_full for row in rows)
    waiting = [row for row in rows if row.is_open]
    wrong = []
    if len(rows) != settings["levels"] + full:
        wrong.append(f"{len(rows)} orders for {settings['levels']} steps and {full} full fills")
    if len(waiting) != settings["levels"]:
        wrong.append(f"{len(waiting)} of {settings['levels']} steps wait")
    width = (Decimal(settings["upper"]) - Decimal(settings["lower"])) / settings["levels"]
    for low in {row.price for row in rows if row.side == "BUY"}:
        ladder = [row for row in rows
                  if row.price == (low if row.side == "BUY" else low + width)]  # fmt: skip
        wrong += each_after_the_one_before(ladder, settings)
    return wrong


def base_steps_and_sales(rows: Sequence[VenueOrderRow], settings: Mapping[str, Any]) -> list[str]:
    """DCA: each round has one base and all its steps; one sale at a time sells what they bought."""
    wrong = []
    rounds = _rounds(rows)
    for number, round_ in enumerate(rounds, start=1):
        base, others = round_[0], round_[1:]
        steps = [row for row in others if row.side == "BUY"]
        sales = [row for row in others if row.side == "SELL"]
        bought = base.executed - base.kept + sum(row.executed - row.kept for row in steps)
        left = bought - sum(row.executed for row in sales)
        if not base.is_full:
            wrong.append(f"the base of round {number} is {base.status}")
        few = len(steps) < settings["steps"] and number == len(rounds)
        if few or len(steps) > settings["steps"]:  # one that never arrived may be too late by then
            wrong.append(f"{len(steps)} steps in round {number}")
        if len(sales) > 1 and not any(row.executed for row in steps):
            wrong.append(f"in round {number} a sale gave way to nothing")
        if any(one.is_open or other.at < one.changed_at for one, other in pairwise(sales)):
            wrong.append(f"two sales at a time in round {number}")
        if left <= -DUST or (left >= DUST and number < len(rounds)):
            wrong.append(f"{left} was left of round {number} when another came")
    return wrong


def an_entry_and_its_guards(most: int) -> Count:
    """Swings: every entry is full, and what it bought is sold by one of at most so many guards."""

    def count(rows: Sequence[VenueOrderRow], settings: Mapping[str, Any]) -> list[str]:
        wrong = []
        rounds = _rounds(rows)
        entries = [round_[0] for round_ in rounds]
        for number, (round_, after) in enumerate(zip_longest(rounds, entries[1:]), start=1):
            entry, guards = round_[0], round_[1:]
            ended = _executed_between(entry, after, [row for row in rows if row not in entries])
            if not entry.is_full:
                wrong.append(f"entry {number} is {entry.status}")
            if len(guards) > most:
                wrong.append(f"{len(guards)} guards of entry {number}")
            if any(row.side == entry.side for row in guards) or ended > entry.executed:
                wrong.append(f"of entry {number} more was ended than it was: {ended}")
            if after and entry.executed - entry.kept - ended >= DUST:
                wrong.append(f"entry {number} was not ended, and another came")
        return wrong

    return count


def _executed_between(
    entry: VenueOrderRow, after: VenueOrderRow | None, guards: Sequence[VenueOrderRow]
) -> Decimal:
    """Whichever entry they were meant for: one that was taken to be lost may turn up later."""
    upto = after.at if after else None
    done = [row.executed for row in guards if entry.at <= row.changed_at]
    late = [row.executed for row in guards if upto is not None and upto < row.changed_at]
    return sum(done, Decimal(0)) - sum(late, Decimal(0))


def _rounds(rows: Sequence[VenueOrderRow]) -> list[list[VenueOrderRow]]:
    """A round begins with an order at the market while nothing is held."""
    rounds: list[list[VenueOrderRow]] = []
    for row in rows:
        before = [one for one in rows if one is not row and one.changed_at <= row.at]
        is_flat = abs(sum(map(_held, before), Decimal(0))) < DUST
        if not rounds or (row.type == "MARKET" and is_flat):
            rounds.append([])
        rounds[-1].append(row)
    return rounds


def _held(row: VenueOrderRow) -> Decimal:
    return row.executed - row.kept if row.side == "BUY" else -row.executed


PLANS = {
    "scalper": EndurancePlan(
        "scalper",
        {"buy_price": "59500", "sell_price": "60500", "quantity": "0.01"},
        each_after_the_one_before,
        step=4000,
        markets=("binance-spot", "okx-futures", "bybit-spot"),
    ),
    "grid": EndurancePlan(
        "grid",
        {"lower": "58000", "upper": "62000", "levels": 5, "quantity": "0.01"},
        one_for_each_step_and_each_full_fill,
        step=1500,
        markets=("okx-spot", "binance-spot", "bybit-futures"),
    ),
    "dca": EndurancePlan(
        "dca",
        {"amount": "1000", "step_percent": "1", "steps": 3, "step_amount": "1000",
         "profit_percent": "1"},
        base_steps_and_sales,
        step=2500,
        markets=("bybit-spot", "binance-spot", "okx-spot"),
    ),
    "dip": EndurancePlan(
        "dip",
        {"drop_percent": "1", "window_minutes": 1, "amount": "1000", "profit_percent": "1",
         "stop_percent": "2"},
        an_entry_and_its_guards(2),
        step=700,
        markets=("binance-spot", "bybit-spot", "okx-futures"),
    ),
    "momentum": EndurancePlan(
        "momentum",
        {"rise_percent": "1", "window_minutes": 1, "amount": "1000", "trail_percent": "0.7",
         "stop_percent": "2", "trail_from_percent": "0.5"},
        an_entry_and_its_guards(3),
        step=700,
        markets=("okx-futures", "binance-spot", "binance-futures"),
    ),
    "manual": EndurancePlan(
        "manual",
        {"amount": "1000", "leverage": 5, "margin_mode": "cross", "stop_percent": "1",
         "profit_percent": "1", "trail_percent": "0.7", "trail_from_percent": "0.5"},
        an_entry_and_its_guards(4),
        step=700,
        markets=("binance-futures", "okx-futures"),
    ),
}  # fmt: skip
