"""Ask a venue for statement, balances and positions of one and the same moment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from exchanges.base import Adapter, PositionReport, StatementRow, VenueDown
from exchanges.through_ccxt.rows import PartialList

TRIES: Final = 4


@dataclass(frozen=True, kw_only=True, slots=True)
class VenueMoment:
    """A venue's view of a key at one moment, by its own clock."""

    at: datetime
    balances: Mapping[str, Decimal]
    positions: Sequence[PositionReport]
    rows: Sequence[StatementRow]


async def ask_moment(venue: Adapter, since: datetime) -> VenueMoment:
    """Ask for all of it, again and again until the balances were the same before and after."""
    before = await _fetch_balances(venue)
    for _ in range(TRIES):
        rows = await venue.fetch_statement(since)
        # In the middle of the time in which nothing moved: clocks may differ by a little.
        at = max([venue.venue_time(), *(row.at for row in rows)])
        positions = await venue.fetch_positions()
        after = await _fetch_balances(venue)
        if before == after:
            if isinstance(rows, PartialList) or isinstance(positions, PartialList):
                raise VenueDown("a line of the venue's answer could not be read")
            return VenueMoment(at=at, balances=after, positions=positions, rows=rows)
        before = after
    raise VenueDown("the balances move too fast to be proven now")


async def _fetch_balances(venue: Adapter) -> dict[str, Decimal]:
    reports: Any = await venue.fetch_balances()
    if isinstance(reports, PartialList):
        raise VenueDown("a balance could not be read")
    totals = {
        report.currency: report.free + report.held if report.cash is None else report.cash
        for report in reports
    }
    return {currency: total for currency, total in totals.items() if total}
