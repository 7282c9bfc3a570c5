"""The charts of the profit on the portfolio page."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal, localcontext
from itertools import accumulate
from typing import Any

from bots.charts import svg
from bots.pnl import history
from realtime.values import EXACT, ZERO


def draw_charts(
    days: Sequence[tuple[date, Decimal]], hours: history.HourlyResults, unit: str
) -> dict[str, Any]:
    with localcontext(EXACT):
        totals = list(accumulate(net for _, net in days))
    equity = [(svg.day_start(on), total) for (on, _), total in zip(days, totals, strict=True)]
    if equity:  # from zero, at the end of the day before
        equity = [(equity[0][0] - timedelta(days=1), ZERO), *equity]
    return {
        "equity": svg.draw_line(
            equity, title=f"Earned so far, in {unit}", unit=unit, from_zero=True
        ),
        "daily": svg.draw_bars(days, title=f"Earned each day, in {unit}", unit=unit),
        "week": svg.draw_week(hours, title=f"Earned by hour of the week, in {unit}", unit=unit),
        "week_extremes": svg.describe_extremes(hours, unit) if hours else "",
    }
