"""What a report changes about an order: one pure function whose result no arrival order changes."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Final

from exchanges.base import FillReport, OrderReport

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
RANK: Final = {
    PENDING: 0,
    UNKNOWN: 1,
    NEW: 2,
    PARTIALLY_FILLED: 3,
    DENIED: 4,
    REJECTED: 5,
    EXPIRED: 6,
    CANCELED: 7,
    FILLED: 8,
}
ASSUMED_RANK: Final = 1.5  # an end that we only concluded gives way to any word of the venue


@dataclass(frozen=True, kw_only=True, slots=True)
class Truth:
    """What we hold to be true of one order; everything that a report may change."""

    status: str
    quantity: Decimal
    filled: Decimal = Decimal(0)
    cost: Decimal = Decimal(0)
    fills: dict[str, FillReport] = field(default_factory=dict)
    exchange_order_id: str = ""
    ended_at: datetime | None = None
    ended_reason: str = ""
    assumed: bool = False

    @property
    def average_price(self) -> Decimal | None:
        return self.cost / self.filled if self.filled and self.cost else None

    @property
    def fills_quantity(self) -> Decimal:
        return sum((fill.quantity for fill in self.fills.values()), Decimal(0))

    @property
    def rank(self) -> float:
        return ASSUMED_RANK if self.assumed else RANK[self.status]


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """The new truth, the fills that are new in it, and what looks wrong, in words."""

    truth: Truth
    new_fills: tuple[FillReport, ...] = ()
    alarms: tuple[str, ...] = ()


def decide(truth: Truth, report: OrderReport, *, now: datetime) -> Decision:
    """Merge a report: fills are a set, filled never goes down, an ended order stays ended."""
    heard = {fill.trade_id: fill for fill in report.fills}
    new_fills = tuple(fill for name, fill in heard.items() if name not in truth.fills)
    fills = heard | truth.fills
    filled, cost = _executed(truth, report, fills)
    status = _status(truth, report, filled)
    ended = status in ENDED
    kept = truth.status == status and not truth.assumed
    merged = replace(
        truth,
        status=status,
        filled=filled,
        cost=cost,
        fills=fills,
        exchange_order_id=truth.exchange_order_id or report.exchange_order_id,
        ended_at=(truth.ended_at or now) if ended else None,
        ended_reason=truth.ended_reason if kept else _reason(report, status),
        assumed=False,
    )
    return Decision(truth=merged, new_fills=new_fills, alarms=_alarms(truth, report, merged))


def conclude_absent(truth: Truth, *, now: datetime) -> Decision:
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


def refuse(truth: Truth, *, status: str, words: str, now: datetime) -> Decision:
    """Our own denial or the venue's rejection of the attempt; a word of an accepted order wins."""
    if RANK[status] <= truth.rank or truth.rank >= RANK[NEW]:
        return Decision(truth=truth)
    ended = replace(truth, status=status, ended_at=now, ended_reason=words, assumed=False)
    return Decision(truth=ended)


def lose_sight(truth: Truth) -> Decision:
    """Sent without an answer: unknown, unless something was heard of it meanwhile."""
    if truth.status != PENDING:
        return Decision(truth=truth)
    return Decision(truth=replace(truth, status=UNKNOWN))


def _executed(
    truth: Truth, report: OrderReport, fills: dict[str, FillReport]
) -> tuple[Decimal, Decimal]:
    """The most that anyone has shown, with its cost: by the fills where they cover it.

    A cost of zero means that nobody has named it yet.
    """
    by_fills = sum((fill.quantity for fill in fills.values()), Decimal(0))
    cost_by_fills = sum((fill.quantity * fill.price for fill in fills.values()), Decimal(0))
    said = (report.filled or Decimal(0), report.cost or Decimal(0))
    filled, cost = max((truth.filled, truth.cost), said, (by_fills, Decimal(0)))
    return (filled, cost_by_fills) if by_fills == filled else (filled, cost)


def _status(truth: Truth, report: OrderReport, filled: Decimal) -> str:
    """Judge by filled against amount first, and by the venue's word last."""
    if filled >= truth.quantity:
        return FILLED
    said = PARTIALLY_FILLED if filled else NEW
    if report.status in (CANCELED, EXPIRED) or (report.status == REJECTED and not filled):
        said = report.status
    elif report.status == REJECTED:  # taken in part before: whatever ended the rest, it is ended
        said = EXPIRED
    return said if RANK[said] > truth.rank else truth.status


def _reason(report: OrderReport, status: str) -> str:
    if status not in ENDED:
        return ""
    if status == FILLED:
        return "filled at the venue"
    return f"{status} at the venue" + (f" ({report.raw_status})" if report.raw_status else "")


def _alarms(before: Truth, report: OrderReport, after: Truth) -> tuple[str, ...]:
    alarms = []
    if report.filled is not None and report.filled < before.filled and not report.fills:
        alarms.append(f"the venue says filled {report.filled}, we hold {before.filled}")
    if after.filled > after.quantity:
        alarms.append(f"filled {after.filled} is more than the ordered {after.quantity}")
    if report.status == "unknown":
        alarms.append(f"the venue said a status nobody knows: {report.raw_status}")
    return tuple(alarms)
