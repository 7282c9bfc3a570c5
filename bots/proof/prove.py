"""Prove a key's books by its venue's own statement and balances, and keep the result.

Each proof covers the time since the last good one. One that differs is asked for again soon, since
a venue's lists and ours may lag; the second in a row is told to operators.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

import structlog
from django.db import transaction
from django.db.models import F, Q

from bots.income import fetch
from bots.income.record import find_account_keys
from bots.models import IncomeEntry, StatementProof
from bots.proof.ask_venue import VenueMoment, ask_moment
from bots.proof.books import BookedChanges, BookedFill, HeldPosition, add_up, name_position
from bots.proof.compare import compare_assets
from exchanges import pool, venues
from exchanges.limits import weight_budget
from exchanges.models import ExchangeKey
from orders.models import Fill
from realtime.operator_messages import notify_staff
from realtime.values import format_money

log = structlog.get_logger(__name__)

SECOND: Final = timedelta(seconds=1)
TOLD_AFTER: Final = 2  # proofs in a row that differ


def prove_key(key: ExchangeKey, *, now: datetime, anew: bool = False) -> StatementProof:
    """Ask the venue and compare; `anew` forgets earlier proofs. Raises VenueError."""
    weights = venues.get_weights(key.venue, key.market)
    weight_budget.record_overspend(key, weights.statement + 2 * weights.holdings, now=now)
    fetch.read_keys([key])
    last = None if anew else find_good_proof(key)
    start = (last.at if last else now) - _find_lateness(key) + SECOND  # all of then is known
    moment: VenueMoment = pool.call(key, lambda venue: ask_moment(venue, start))
    proof = StatementProof(user_id=key.user_id, key=key, at=moment.at, is_good=True)
    positions = _read_positions(moment)
    if last:
        proof.since = last.at
        rows = _pick_rows(moment, last)
        booked = _add_up_books(key, last, moment)
        _compare_assets(proof, last, moment, rows, booked)
        positions |= _check_positions(proof, booked, positions)
    proof.state = _dump_state(moment, positions, _find_lateness(key))
    proof.failures = 0 if proof.is_good else _count_failures(key) + 1
    _save_proof(proof)
    log.info("books proven", key=key.pk, good=proof.is_good, differences=proof.differences)
    if proof.failures == TOLD_AFTER:
        _tell_operators(proof, now)
    return proof


def _save_proof(proof: StatementProof) -> None:
    """Save it; of those in a row that differ only the newest stays."""
    with transaction.atomic():
        if not proof.is_good:
            StatementProof.objects.filter(key=proof.key_id, is_good=False).delete()
        proof.save()


def _find_lateness(key: ExchangeKey) -> timedelta:
    """Return how long before a proof a line may be dated that only appears after it.

    Deposits and withdrawals are dated by their request, which may take days.
    """
    states_trades = venues.get(key.venue).markets[key.market].states_trades
    return timedelta(hours=1) if states_trades else timedelta(days=3)


def find_good_proof(key: ExchangeKey) -> StatementProof | None:
    return StatementProof.objects.filter(key=key, is_good=True).first()


def _compare_assets(
    proof: StatementProof,
    last: StatementProof,
    moment: VenueMoment,
    rows: list[Any] | None,
    booked: BookedChanges,
) -> None:
    before = {name: Decimal(amount) for name, amount in last.state["balances"].items()}
    moved = {
        asset: moment.balances.get(asset, Decimal(0)) - before.get(asset, Decimal(0))
        for asset in {*before, *moment.balances}
    }
    compared = compare_assets(booked.amounts, rows, moved, roundings=booked.roundings)
    proof.assets = {asset: one.to_json() for asset, one in compared.items()}
    proof.is_good = not any(one.differs for one in compared.values())


def _check_positions(
    proof: StatementProof, booked: BookedChanges, theirs: Mapping[str, HeldPosition]
) -> dict[str, HeldPosition]:
    """Compare quantities, and keep our own cost of positions: venues round their entry prices."""
    kept = {}
    for symbol in sorted({*booked.positions, *theirs}):
        ours = booked.positions[symbol].quantity
        held = theirs[symbol].quantity if symbol in theirs else Decimal(0)
        if ours == held:
            kept[symbol] = booked.positions[symbol]
            continue
        proof.is_good = False
        row = {"books": format_money(ours), "statement": None, "balance": format_money(held)}
        proof.assets[symbol] = {**row, "difference": format_money(held - ours), "differs": True}
    return kept


def _pick_rows(moment: VenueMoment, last: StatementProof) -> list[Any] | None:
    """Return the statement's lines since the last proof, and late ones that it did not have."""
    key = last.key
    if not venues.get(key.venue).markets[key.market].states_trades:
        return None
    known = set(last.state["recent"])
    return [row for row in moment.rows if row.id not in known]


def _add_up_books(key: ExchangeKey, last: StatementProof, moment: VenueMoment) -> BookedChanges:
    fills = Fill.objects.filter(key=key, executed_at__gt=last.at, executed_at__lte=moment.at)
    names = ("symbol", "side", "price", "quantity", "fee", "fee_currency")
    sided = fills.annotate(position_side=F("order__position_side"))
    rows = sided.order_by("executed_at", "id").values(*names, "position_side")
    known = set(last.state["recent"])
    entries = IncomeEntry.objects.filter(
        Q(key=key) | Q(key__in=find_account_keys(key), symbol=""),
        at__gt=last.at - _find_lateness(key),
        at__lte=moment.at,
    ).values_list("venue_id", "asset", "amount")
    incomes = [(asset, amount) for name, asset, amount in entries if name not in known]
    positions = {
        symbol: HeldPosition(Decimal(quantity), Decimal(cost))
        for symbol, (quantity, cost) in last.state["positions"].items()
    }
    return add_up((BookedFill(**row) for row in rows), incomes, positions)


def _read_positions(moment: VenueMoment) -> dict[str, HeldPosition]:
    held = {}
    for report in moment.positions:
        cost = report.quantity * (report.entry_price or Decimal(0))
        held[name_position(report.symbol, report.side)] = HeldPosition(report.quantity, cost)
    return held


def _dump_state(
    moment: VenueMoment, positions: Mapping[str, HeldPosition], lateness: timedelta
) -> dict[str, Any]:
    return {
        "balances": {asset: str(amount) for asset, amount in moment.balances.items()},
        "positions": {
            symbol: [str(one.quantity), str(one.cost)]
            for symbol, one in positions.items()
            if one.quantity
        },
        "recent": [row.id for row in moment.rows if row.at > moment.at - lateness],
    }


def _count_failures(key: ExchangeKey) -> int:
    newest = StatementProof.objects.filter(key=key).first()
    return newest.failures if newest else 0


def _tell_operators(proof: StatementProof, now: datetime) -> None:
    amounts = ", ".join(f"{asset} {amount}" for asset, amount in proof.differences.items())
    notify_staff(
        by="proof",
        action="books differ",
        target=f"key {proof.key_id}",
        message=f"The venue has more than our books by: {amounts}. See manage.py prove --key"
        f" {proof.key_id}.",
        now=now,
    )
