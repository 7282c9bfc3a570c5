"""The page of a market's analyses: the newest figures, their course over the last day, a table."""

from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from bots.charts import svg
from bots.market_analysis import record
from bots.models import MarketAnalysis
from exchanges import venues
from exchanges.instruments import Instrument, parse
from exchanges.prices import instrument_search
from realtime import streams
from users.http import current_user

TABLE_MINUTES: Final = 15  # from one row of the table to the next


class AnalysisChart(NamedTuple):
    """The course of one figure."""

    title: str
    drawing: SafeString


@login_required
@require_GET
def show_analysis(request: HttpRequest, name: str) -> HttpResponse:
    """Show how much the price of a market moved in the last day, and how much was traded."""
    known = instrument_search.filter_well_formed([name])
    if not instrument_search.filter_known(frozenset(known)):
        raise Http404(_("This symbol is not traded at a venue of this installation."))
    position, now = streams.fetch_head(current_user(request).pk), timezone.now()
    instrument, rows = parse(name), record.list_day(name, now=now)
    context: dict[str, Any] = {
        "page": "markets",
        "position": position,
        "now": now,
        "name": name,
        "instrument": instrument,
        "venue": venues.get(instrument.venue).label,
        "simulated": instrument.is_paper,
        "newest": rows[-1] if rows else None,
        "is_late": bool(rows) and now - rows[-1].at > 2 * record.FRESH,
        "charts": _draw_charts(instrument, rows),
        "table": [row for row in rows if row is rows[-1] or not row.at.minute % TABLE_MINUTES][
            ::-1
        ],
    }
    return render(request, "bots/market_analysis.html", context)


def _draw_charts(instrument: Instrument, rows: Sequence[MarketAnalysis]) -> list[AnalysisChart]:
    base, quote = instrument.symbol.partition(":")[0].split("/")
    unit = base if instrument.market == "spot" else "contracts"
    figures: list[tuple[str, str, Callable[[MarketAnalysis], Decimal | None]]] = [
        (_("Price, %(quote)s") % {"quote": quote}, quote, lambda row: row.price),
        (_("Volatility in an hour, %"), "%", lambda row: row.volatility_percent),
        (_("Range of an hour, %"), "%", lambda row: row.range_percent),
        (_("Volume of an hour, %(unit)s") % {"unit": unit}, unit, lambda row: row.volume),
    ]
    return [
        AnalysisChart(
            title, svg.draw_line(_list_points(rows, read), title=title, unit=unit_of_axis)
        )
        for title, unit_of_axis, read in figures
    ]


def _list_points(
    rows: Sequence[MarketAnalysis], read: Callable[[MarketAnalysis], Decimal | None]
) -> list[tuple[datetime, Decimal | None]]:
    """Return the points of a line, with a gap where nobody watched for several minutes."""
    points: list[tuple[datetime, Decimal | None]] = []
    for row in rows:
        if points and row.at - points[-1][0] > record.GAP:
            points.append((points[-1][0] + record.FRESH, None))
        if (value := read(row)) is not None:
            points.append((row.at, value))
    return points
