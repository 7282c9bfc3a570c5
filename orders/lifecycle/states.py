"""What a report changes about an order: one pure function whose result no arrival order changes."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Context, Decimal, localcontext
from typing import Final

from exchanges.base import FillReport, OrderReport
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
FORGOTTEN: Final = "older than the history that its venue keeps"
ASSUMED_RANK: Final = 1.5  # an end that we only concluded gives way to any word of the venue


@dataclass(frozen=True, kw_only=True, slots=True)
class OrderState:
    """What we hold to be true of one order; everything that a report may change."""

    status: str
    quantity: Decimal
    filled: Decimal = Decimal(0)
    cost: Decimal = Decimal(0)
    fills: dict[str, FillReport] = field(default_factory=dict)
    exchange_order_id: str = ""
    price: Decimal | None = None
    carried: Decimal = Decimal(0)  # filled under the names that the venue gave it before
    former: dict[str, replacements.FormerName] = field(default_factory=dict)  # those names
    terms_at: datetime | None = None  # when the venue last changed price or quantity
    ended_at: datetime | None = None
    ended_reason: str = ""
    assumed: bool = False

    @property
    def average_price(self) -> Decimal | None:
        if not self.filled or not self.cost:
            return None
        with localcontext(EXACT):
            return (self.cost / self.filled).quantize(DIGITS)

    @property
    def fills_quantity(self) -> Decimal:
        return sum((fill.quantity for fill in self.fills.values()), Decimal(0))

    @property
    def lacks_fees(self) -> bool:
        return any(fill.fee is None for fill in self.fills.values())

    @property
    def rank(self) -> float:
        return ASSUMED_RANK if self.assumed else RANK[self.status]


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """The new truth, the fills that are new in it, and what looks wrong, in words."""

    truth: OrderState
    new_fills: tuple[FillReport, ...] = ()
    completed: tuple[FillReport, ...] = ()  # known before, but for their fee
    alarms: tuple[str, ...] = ()


def merge_report(truth: OrderState, report: OrderReport, *, now: datetime) -> Decision:
    """Merge a report: fills are a set, filled never goes down, an ended order stays ended.

    Where the venue replaced an order by another of the same client order id, only the last one's
    word counts, and of those before it what was executed.
    """
    place = replacements.classify_report(report, known=truth.exchange_order_id)
    if place == "past":
        return _merge_past_report(truth, report, now=now)
    held = _start_successor(truth, report) if place == "successor" else truth
    held = _update_terms(held, report)
    said = (held.carried + (report.filled or Decimal(0)), report.cost or Decimal(0))
    if held.carried:  # whose cost the successor does not know
        said = (said[0], Decimal(0))
    decision = _merge(held, report.fills, said, report.status, report.raw_status, now)
    return replace(decision, alarms=_find_alarms(truth, report, decision.truth))


def _start_successor(truth: OrderState, report: OrderReport) -> OrderState:
    """The promise goes on under another name; what ended was only the name before."""
    triggered = truth.exchange_order_id.startswith(replacements.CONDITIONAL_PREFIX)
    carried = Decimal(0) if triggered else truth.filled
    left = replacements.FormerName(truth.filled - truth.carried)
    return replace(
        truth,
        exchange_order_id=report.exchange_order_id,
        status=PARTIALLY_FILLED if truth.filled else NEW,
        carried=carried,
        former=truth.former | ({} if triggered else {truth.exchange_order_id: left}),
        quantity=truth.quantity if triggered else carried + (report.quantity or truth.quantity),
        ended_at=None,
        ended_reason="",
        assumed=False,
    )


def _merge_past_report(truth: OrderState, report: OrderReport, *, now: datetime) -> Decision:
    """Under a name before, more may have been executed than was known when it was replaced."""
    name = report.exchange_order_id
    if name.startswith(replacements.CONDITIONAL_PREFIX):
        return merge_fills(truth, report.fills, now=now)
    known = truth.former.get(name)
    past = replacements.settle_past(known, report)
    more = past.filled - (known.filled if known else Decimal(0))
    held = replace(
        truth,
        former=truth.former | {name: past},
        carried=truth.carried + more,
        quantity=truth.quantity + more,
    )
    return merge_fills(held, report.fills, now=now)


def _update_terms(truth: OrderState, report: OrderReport) -> OrderState:
    held = replacements.Terms(quantity=truth.quantity, price=truth.price, at=truth.terms_at)
    now = replacements.merge_terms(held, report, carried=truth.carried)
    return replace(
        truth,
        exchange_order_id=truth.exchange_order_id or report.exchange_order_id,
        quantity=now.quantity,
        price=now.price,
        terms_at=now.at,
    )


def merge_fills(truth: OrderState, fills: Iterable[FillReport], *, now: datetime) -> Decision:
    """Merge executed parts that came apart from any word on the order's status."""
    return _merge(truth, fills, (Decimal(0), Decimal(0)), None, None, now)


def _merge(
    truth: OrderState,
    heard: Iterable[FillReport],
    said: tuple[Decimal, Decimal],
    status_said: str | None,
    raw_status: str | None,
    now: datetime,
) -> Decision:
    told = fill_ids.assign_ids(heard, known=truth.fills)
    new = {name: fill for name, fill in told.items() if name not in truth.fills}
    completed = {
        name: replace(known, fee=told[name].fee, fee_currency=told[name].fee_currency)
        for name, known in truth.fills.items()
        if name in told and known.fee is None and told[name].fee is not None
    }
    fills = truth.fills | new | completed
    with localcontext(EXACT):
        filled, cost = _total_fills(truth, said, fills)
    status = _merge_status(truth, status_said, filled)
    kept = truth.status == status and not truth.assumed
    merged = replace(
        truth,
        status=status,
        filled=filled,
        cost=cost,
        fills=fills,
        ended_at=(truth.ended_at or now) if status in ENDED else None,
        ended_reason=truth.ended_reason if kept else _describe_end(raw_status, status),
        assumed=False,
    )
    return Decision(
        truth=merged, new_fills=tuple(new.values()), completed=tuple(completed.values())
    )


def conclude_absence(truth: OrderState, *, now: datetime) -> Decision:
    """End an order that its venue repeatedly said it does not know; what was filled stays."""
    if truth.status not in OPEN:
        return Decision(truth=truth)
    never_there = truth.status in (PENDING, UNKNOWN) and not truth.exchange_order_id
    ended = replace(
        truth,
        status=REJECTED if never_there else CANCELED,
        ended_at=now,
        ended_reason=(
            "never arrived at the venue, as far as it says"
            if never_there
            else "the venue no longer knows this order"
        ),
        assumed=True,
    )
    return Decision(truth=ended)


def refuse_order(truth: OrderState, *, status: str, reason: str, now: datetime) -> Decision:
    """Our own denial or the venue's rejection of the attempt; a word of an accepted order wins."""
    if RANK[status] <= truth.rank or truth.rank >= RANK[NEW]:
        return Decision(truth=truth)
    ended = replace(truth, status=status, ended_at=now, ended_reason=reason, assumed=False)
    return Decision(truth=ended)


def mark_unanswered(truth: OrderState) -> Decision:
    """Sent without an answer: unknown, unless something was heard of it meanwhile."""
    if truth.status != PENDING:
        return Decision(truth=truth)
    return Decision(truth=replace(truth, status=UNKNOWN))


def mark_forgotten(truth: OrderState) -> Decision:
    """Its venue keeps nothing of that time: what became of it cannot be found out there."""
    if truth.status not in OPEN:
        return Decision(truth=truth)
    return Decision(truth=replace(truth, status=UNKNOWN, ended_reason=FORGOTTEN))


def end_as_triggered(truth: OrderState, *, to: str, now: datetime) -> Decision:
    """Its trigger was reached, and what it became is known as an order of its own already."""
    if truth.status not in OPEN:
        return Decision(truth=truth)
    words = f"its trigger was reached: it goes on as {to}"
    return Decision(truth=replace(truth, status=EXPIRED, ended_at=now, ended_reason=words))


def mark_unverifiable(truth: OrderState) -> Decision:
    """Nobody may ask about it any more: unknown, until somebody can. What was filled stays."""
    if truth.status not in (NEW, PARTIALLY_FILLED):
        return mark_unanswered(truth)
    return Decision(truth=replace(truth, status=UNKNOWN))


def _total_fills(
    truth: OrderState, said: tuple[Decimal, Decimal], fills: dict[str, FillReport]
) -> tuple[Decimal, Decimal]:
    """The most that anyone has shown, with its cost: by the fills where they cover it.

    A cost of zero means that nobody has named it yet.
    """
    by_fills = sum((fill.quantity for fill in fills.values()), Decimal(0))
    filled, cost = max((truth.filled, truth.cost), said, (by_fills, Decimal(0)))
    if by_fills == filled:
        cost = sum((fill.quantity * fill.price for fill in fills.values()), Decimal(0))
    return filled, cost.quantize(DIGITS)


def _merge_status(truth: OrderState, said: str | None, filled: Decimal) -> str:
    """Judge by filled against amount first, and by the venue's word last."""
    if filled >= truth.quantity:
        return FILLED
    risen = PARTIALLY_FILLED if filled else NEW
    if said in (CANCELED, EXPIRED, REJECTED):
        risen = said
    status = risen if RANK[risen] > truth.rank else truth.status
    # What was taken in part was not refused: whatever ended the rest, it has ended.
    return EXPIRED if filled and status in (REJECTED, DENIED) else status


def _describe_end(raw_status: str | None, status: str) -> str:
    if status not in ENDED:
        return ""
    if status == FILLED:
        return "filled at the venue"
    return f"{status} at the venue" + (f" ({raw_status})" if raw_status else "")


def _find_alarms(before: OrderState, report: OrderReport, after: OrderState) -> tuple[str, ...]:
    """Less than we hold is no news under an older status: words of a stream come late."""
    alarms = []
    said = after.carried + (report.filled or Decimal(0))
    is_late = report.status not in ENDED and RANK.get(report.status, 0) < RANK[before.status]
    if report.filled is not None and said < before.filled and not (report.fills or is_late):
        alarms.append(f"the venue says filled {report.filled}, we hold {before.filled}")
    if report.status == "unknown":
        alarms.append(f"the venue said a status nobody knows: {report.raw_status}")
    return tuple(alarms)


def describe_overfill(before: OrderState, after: OrderState, *, unit: Decimal) -> str:
    """In words, when more was filled than ordered; venues round, so one unit more is no news."""
    if after.filled == before.filled or after.filled - after.quantity <= unit:
        return ""
    return f"filled {after.filled:f} is more than the ordered {after.quantity:f}"
