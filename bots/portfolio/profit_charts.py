"""The charts of the profit on the portfolio page."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal, localcontext
from itertools import accumulate
from typing import Any

from django.utils.translation import gettext as _

from bots.charts import svg
from bots.charts.line_data import LineChart, Series, build_data
from bots.formatting import count_places
from realtime.values import EXACT, ZERO


def draw_charts(days: Sequence[tuple[date, Decimal]], unit: str) -> dict[str, Any]:
    return {
        "profit_charts": _draw_days(days, unit) if days else [],
        "profit_days": list_days(days),
    }


def list_days(days: Sequence[tuple[date, Decimal]]) -> list[tuple[date, Decimal, Decimal]]:
    """Return each day with its profit and that of all days up to its end, the newest first."""
    with localcontext(EXACT):
        totals = list(accumulate(row[1] for row in days))
    return [(on, net, total) for (on, net), total in zip(days, totals, strict=True)][::-1]


def _draw_days(days: Sequence[tuple[date, Decimal]], unit: str) -> list[LineChart]:
    totals = [row[2] for row in reversed(list_days(days))]
    start = svg.day_start(days[0][0])  # where the line begins, at zero
    ends = [svg.day_start(on) + timedelta(days=1) for on, net in days]
    curve = [
        (start - timedelta(days=1), ZERO),  # each point is drawn on its day
        *((svg.day_start(on), total) for (on, _net), total in zip(days, totals, strict=True)),
    ]

    def build(series: Series) -> dict[str, Any]:
        return _build_days([start, *ends], series, unit)

    words = {"unit": unit}
    earned = Series(label=_("Earned"), kind="area", values=[ZERO, *totals])
    daily = Series(label=_("Profit"), kind="bars", values=[None, *(row[1] for row in days)])
    return [
        LineChart(
            name="earned",
            title=_("Earned"),
            drawing=svg.draw_line(
                curve,
                title=_("Earned so far, in %(unit)s") % words,
                unit=unit,
                from_zero=True,
            ),
            data=build(earned),
        ),
        LineChart(
            name="daily",
            title=_("Day by day"),
            drawing=svg.draw_bars(days, title=_("Earned each day, in %(unit)s") % words, unit=unit),
            data=build(daily),
        ),
    ]


def _build_days(times: Sequence[datetime], series: Series, unit: str) -> dict[str, Any]:
    return build_data(
        times,
        [series],
        unit=unit,
        places=count_places(unit),
        is_signed=True,
        is_daily=True,
        is_from_zero=True,
    )
