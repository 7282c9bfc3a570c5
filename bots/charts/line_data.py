"""Charts over time as a script draws them: numbers beside the drawing of the server. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final, Literal

from django.utils.safestring import SafeString

from bots.charts.scales import ChartPoint, thin_points

MAX_POINTS: Final = 800
Kind = Literal["line", "area", "step", "bars"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Series:
    """A line, or bars, with the name of its colour; None is a gap."""

    label: str
    values: Sequence[Decimal | None]
    kind: Kind = "line"
    colour: str = ""
    is_dashed: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class LineChart:
    """A chart: as the server draws it, and the data from which a script draws a better one."""

    name: str
    title: str
    drawing: SafeString
    data: Mapping[str, Any]
    height: int = 220

    @property
    def data_id(self) -> str:
        """The id of the element that holds the data."""
        return f"data-{self.name}"


def build_data(
    times: Sequence[datetime],
    series: Sequence[Series],
    *,
    unit: str,
    places: int,
    span: str = "",
    is_signed: bool = False,
    is_daily: bool = False,
    is_from_zero: bool = False,
) -> dict[str, Any]:
    """Return what the script draws. Only for the eye: numbers of JSON are no exact decimals.

    With another `span` a chart forgets what somebody zoomed into. `is_daily`: each time is the
    end of a day of UTC, and is called by that day. `is_from_zero`: zero is in sight.
    """
    return {
        "unit": unit,
        "places": places,
        "span": span,
        "signed": is_signed,
        "daily": is_daily,
        "zero": is_from_zero,
        "times": [round(at.timestamp()) for at in times],
        "series": [
            {
                "label": one.label,
                "kind": one.kind,
                "colour": one.colour,
                "dashed": one.is_dashed,
                "values": [None if value is None else float(value) for value in one.values],
            }
            for one in series
        ],
    }


def thin_times(points: Sequence[ChartPoint]) -> list[datetime | None]:
    """Return the times that a screen can show; None stands in a gap."""
    times: list[datetime | None] = []
    for run in thin_points(points, limit=MAX_POINTS):
        times += [None] * bool(times) + [at for at, _ in run]
    return times


def fill_gap_times(times: Sequence[datetime | None]) -> list[datetime]:
    """Give each gap a time just after the point before it: the script wants one for all."""
    filled: list[datetime] = []
    for at in times:
        filled.append(filled[-1] + timedelta(seconds=1) if at is None else at)
    return filled
