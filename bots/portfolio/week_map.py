"""The map of the week: what trades brought by the hour of their end, by a person's clock."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from bots.charts import svg
from bots.charts.texts import DAYS
from bots.models import PnlBook
from bots.pnl import history

UTC: Final = "UTC"
MOST_TRADES: Final = 200_000  # that are read for one page


@dataclass(frozen=True, kw_only=True, slots=True)
class HourRow:
    """An hour of the week in the table."""

    hour: str
    net: Decimal
    trades: int


@dataclass(frozen=True, kw_only=True, slots=True)
class WeekMap:
    """The map as a drawing, as a sentence and as rows, the worst hour first."""

    drawing: SafeString
    extremes: str
    rows: list[HourRow]
    unit: str
    clock: str
    has_zone: bool  # the person has chosen a time zone
    is_too_long: bool  # too many trades for it


def build_week_map(books: Sequence[PnlBook], *, unit: str, zone: str) -> WeekMap | None:
    """Return the map by the clock of a zone, or of UTC without one; None without a closed trade."""
    hours = history.hourly_results(books)
    if not hours:
        return None
    wanted = zone if _is_known(zone) else ""
    is_too_long = sum(trades for _, trades in hours.values()) > MOST_TRADES
    clock = UTC if is_too_long or not wanted else wanted
    if clock != UTC:
        hours = history.hours_in_zone(books, clock)
    name = clock.replace("_", " ")
    worst_first = sorted(hours.items(), key=lambda item: (item[1][0], item[0]))
    title = f"Earned by hour of the week, in {unit}"
    return WeekMap(
        drawing=svg.draw_week(hours, title=title, unit=unit, clock=name),
        extremes=svg.describe_extremes(hours, unit, name) if hours else "",
        rows=[
            HourRow(hour=f"{_(DAYS[day])} {hour:02}:00", net=net, trades=trades)
            for (day, hour), (net, trades) in worst_first
        ],
        unit=unit,
        clock=name,
        has_zone=bool(wanted),
        is_too_long=is_too_long and wanted not in ("", UTC),
    )


def _is_known(zone: str) -> bool:
    """Tell whether this machine has the zone; an older one may have had another list."""
    try:
        return bool(zone) and bool(ZoneInfo(zone))
    except (ZoneInfoNotFoundError, ValueError):
        return False
