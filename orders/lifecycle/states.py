"""The state machine of an order. Pure: reports give the same state whatever order they come in."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Context, Decimal, localcontext
from typing import Final

from exchanges.base import CONDITIONAL_PREFIX, FillReport, OrderReport
from orders.lifecycle import fill_ids, replacements

PENDING: Final = "pending"  # the intent is written; the venue has not confirmed
UNKNOWN: Final = "unknown"  # sent, and we could not find out
NEW: Final = "new"
PARTIALLY_FILLED: Final = "partially_filled"
FILLED: Final = "filled"
CANCELED: Final = "canceled"
EXPIRED: Final = "expired"
REJECTED: Final = "rejected"  # by the venue
DENIED: Final = "denied"  # by us

OPEN: Final = frozenset({PENDING, UNKNOWN, NEW, PARTIALLY_FILLED})
AT_VENUE: Final = frozenset({NEW, PARTIALLY_FILLED})
ENDED: Final = frozenset({FILLED, CANCELED, EXPIRED, REJECTED, DENIED})

# A status only ever rises, so a late "new" reopens nothing, and two contradicting ends give the
# same result whichever is heard first.
RANK: Final[dict[str, float]] = {
    PENDING: 0,
    UNKNOWN: 1,
    DENIED: 1.5,  # should the venue know the order after all, the venue is right
    NEW: 2,
    PARTIALLY_FILLED: 3,
    REJECTED: 4,
    EXPIRED: 5,
    CANCELED: 6,
    FILLED: 7,
}
EXACT: Final = Context(prec=76)  # the default of 28 digits would round big amounts of small coins
DIGITS: Final = Decimal(1).scaleb(-18)
ASSUMED_RANK: Final = 1.5  # an end that we only concluded gives way to any word of the venue


@dataclass(frozen=True, kw_only=True, slots=True)
class OrderState:
    """Everything of an order that a report may change."""

    status: str
    quantity: Decimal  # as ordered, by its latest terms
    lacks_quantity: bool = False  # sized by what it spends: the quantity is known at its end
    filled: Decimal = Decimal(0)
    cost: Decimal = Decimal(0)
    fills: dict[str, FillReport] = field(default_factory=dict)
    exchange_order_id: str = ""
    price: Decimal | None = None
    trigger_price: Decimal | None = None  # of a stop loss or take profit that was placed here
    carried: Decimal = Decimal(0)  # filled under the names that the venue gave it before
    former: dict[str, replacements.FormerName] = field(default_factory=dict)  # those names
    terms_at: datetime | None = None  # when the venue last changed price or quantity
    ended_at: datetime | None = None
    ended_reason: str = ""
    is_assumed: bool = False

    @property
    def average_price(self) -> Decimal | None:
        if not self.filled or not self.cost:
            return None
        with localcontext(EXACT):
            return (self.cost / self.filled).quantize(DIGITS)

    @property
    def final_quantity(self) -> Decimal:
        """The quantity as its venue settled it: what it calls filled has no rest to come.

        Venues cut reduce-only orders, and round what was ordered for an amount of money. The
        ordered quantity is kept beside it: a fill that is told after the end still counts, and
        the settled quantity grows with it, so that the order of arrival changes nothing.
        """
        return min(self.quantity, self.filled) if self.status == FILLED else self.quantity

    @property
    def fills_quantity(self) -> Decimal:
        return sum((fill.quantity for fill in self.fills.values()), Decimal(0))

    @property
    def lacks_fees(self) -> bool:
        return any(fill.fee is None for fill in self.fills.values())

    @property
    def rank(self) -> float:
        return ASSUMED_RANK if self.is_assumed else RANK[self.status]


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """The new state, the fills that are new in it, and messages about what looks wrong."""

    state: OrderState
    new_fills: tuple[FillReport, ...] = ()
    completed_fills: tuple[FillReport, ...] = ()  # known before, but for their fee
    alarms: tuple[str, ...] = ()


def merge_report(state: OrderState, report: OrderReport, *, now: datetime) -> Decision:
    """Merge a report: fills are a set, filled never goes down, an ended order stays ended.

    When the venue replaced an order by another with the same client order id, only the last one's
    status counts; its predecessors add their fills.
    """
    place = replacements.classify_report(report, known=state.exchange_order_id)
    if place == "past":
        return _merge_past_report(state, report, now=now)
    base = _start_successor(state, report) if place == "successor" else state
    base = _update_terms(base, report)
    reported_total = (base.carried + (report.filled or Decimal(0)), report.cost or Decimal(0))
    if base.carried:  # whose cost the successor does not know
        reported_total = (reported_total[0], Decimal(0))
    # "Filled" without how much is no end yet: the next answer will say what was filled.
    is_vague = report.status == FILLED and not report.filled
    status = None if is_vague else report.status
    decision = _merge_fills_and_status(
        base, report.fills, reported_total, status, report.raw_status, now
    )
    return replace(decision, alarms=_find_alarms(state, report, decision.state))


def _start_successor(state: OrderState, report: OrderReport) -> OrderState:
    """Continue the order under its new id: only the former id has ended."""
    triggered = state.exchange_order_id.startswith(CONDITIONAL_PREFIX)
    carried = Decimal(0) if triggered else state.filled
    left = replacements.FormerName(state.filled - state.carried)
    return replace(
        state,
        exchange_order_id=report.exchange_order_id,
        status=PARTIALLY_FILLED if state.filled else NEW,
        carried=carried,
        former=state.former | ({} if triggered else {state.exchange_order_id: left}),
        quantity=state.quantity if triggered else carried + (report.quantity or state.quantity),
        ended_at=None,
        ended_reason="",
        is_assumed=False,
    )


def _merge_past_report(state: OrderState, report: OrderReport, *, now: datetime) -> Decision:
    """Merge a report about a former id: more may have been filled than we knew at its end."""
    name = report.exchange_order_id
    if name.startswith(CONDITIONAL_PREFIX):
        return merge_fills(state, report.fills, now=now)
    known = state.former.get(name)
    past = replacements.settle_past(known, report)
    more = past.filled - (known.filled if known else Decimal(0))
    base = replace(
        state,
        former=state.former | {name: past},
        carried=state.carried + more,
        quantity=state.quantity + more,
    )
    return merge_fills(base, report.fills, now=now)


def _update_terms(state: OrderState, report: OrderReport) -> OrderState:
    terms = replacements.Terms(
        quantity=state.quantity,
        price=state.price,
        at=state.terms_at,
        trigger_price=state.trigger_price,
    )
    latest = replacements.merge_terms(terms, report, carried=state.carried)
    return replace(
        state,
        exchange_order_id=state.exchange_order_id or report.exchange_order_id,
        quantity=latest.quantity,
        price=latest.price,
        trigger_price=latest.trigger_price,
        terms_at=latest.at,
    )


def merge_fills(state: OrderState, fills: Iterable[FillReport], *, now: datetime) -> Decision:
    """Merge fills that came without the order's status."""
    return _merge_fills_and_status(state, fills, (Decimal(0), Decimal(0)), None, None, now)


def _merge_fills_and_status(
    state: OrderState,
    reports: Iterable[FillReport],
    reported_total: tuple[Decimal, Decimal],
    reported_status: str | None,
    raw_status: str | None,
    now: datetime,
) -> Decision:
    reported = fill_ids.assign_ids(reports, known=state.fills)
    new = {name: fill for name, fill in reported.items() if name not in state.fills}
    completed = {
        name: replace(known, fee=reported[name].fee, fee_currency=reported[name].fee_currency)
        for name, known in state.fills.items()
        if name in reported and known.fee is None and reported[name].fee is not None
    }
    fills = state.fills | new | completed
    with localcontext(EXACT):
        filled, cost = _total_fills(state, reported_total, fills)
    status = _merge_status(state, reported_status, filled)
    is_unchanged = state.status == status and not state.is_assumed
    merged = replace(
        state,
        status=status,
        quantity=filled if state.lacks_quantity else state.quantity,
        filled=filled,
        cost=cost,
        fills=fills,
        ended_at=(state.ended_at or now) if status in ENDED else None,
        ended_reason=state.ended_reason if is_unchanged else _describe_end(raw_status, status),
        is_assumed=False,
    )
    return Decision(
        state=merged, new_fills=tuple(new.values()), completed_fills=tuple(completed.values())
    )


def _total_fills(
    state: OrderState, reported_total: tuple[Decimal, Decimal], fills: dict[str, FillReport]
) -> tuple[Decimal, Decimal]:
    """Return the largest filled quantity reported, with its cost: by the fills if they cover it.

    A cost of zero means that it is not known yet.
    """
    by_fills = sum((fill.quantity for fill in fills.values()), Decimal(0))
    filled, cost = max((state.filled, state.cost), reported_total, (by_fills, Decimal(0)))
    if by_fills == filled:
        cost = sum((fill.quantity * fill.price for fill in fills.values()), Decimal(0))
    return filled, cost.quantize(DIGITS)


def _merge_status(state: OrderState, reported: str | None, filled: Decimal) -> str:
    """Decide the status by filled against quantity first, by the venue's status last."""
    if filled >= state.quantity and not state.lacks_quantity:
        return FILLED
    status_now = PARTIALLY_FILLED if filled else NEW
    if reported in (FILLED, CANCELED, EXPIRED, REJECTED):
        status_now = reported
    status = status_now if RANK[status_now] > state.rank else state.status
    # A partly filled order was not refused: its rest has ended in some other way.
    return EXPIRED if filled and status in (REJECTED, DENIED) else status


def _describe_end(raw_status: str | None, status: str) -> str:
    if status not in ENDED:
        return ""
    if status == FILLED:
        return "filled at the venue"
    return f"{status} at the venue" + (f" ({raw_status})" if raw_status else "")


def _find_alarms(before: OrderState, report: OrderReport, after: OrderState) -> tuple[str, ...]:
    """Find contradictions; an older status with less filled is only a late stream message."""
    alarms = []
    filled = after.carried + (report.filled or Decimal(0))
    is_late = report.status not in ENDED and RANK.get(report.status, 0) < RANK[before.status]
    if report.filled is not None and filled < before.filled and not (report.fills or is_late):
        alarms.append(f"the venue says filled {report.filled}, we hold {before.filled}")
    if report.status == "unknown":
        alarms.append(f"the venue said a status nobody knows: {report.raw_status}")
    return tuple(alarms)
