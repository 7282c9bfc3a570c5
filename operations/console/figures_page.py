"""The console's page of figures over time, such as response times, queues and open sockets."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.safestring import SafeString

from bots.charts.svg import draw_line
from operations.console.access import operator_page, read_text, render_section
from operations.console.sections import SEE_HEALTH
from operations.health.series import buckets
from operations.health.series.buckets import SeriesPoint

PAGE: Final = "operations-figures"
SPANS: Final = {
    "24h": ("24 hours", timedelta(hours=24)),
    "7d": ("7 days", timedelta(days=7)),
    "30d": ("30 days", timedelta(days=30)),
}
PLACES: Final = 3


@dataclass(frozen=True, slots=True)
class FigureGroup:
    """Series of one unit in one chart; `factor` makes what is stored into that unit."""

    name: str
    label: str
    unit: str
    prefix: str
    factor: float = 1.0


GROUPS: Final = (
    FigureGroup("responses", "Response times", "ms", "response:"),
    FigureGroup("queues", "Waiting in queues", "tasks", "queue:"),
    FigureGroup("sweep", "A sweep of order checks takes", "s", "sweep_seconds"),
    FigureGroup("sockets", "Open sockets", "sockets", "sockets"),
    FigureGroup("events", "Events a second", "events/s", "events_per_second"),
    FigureGroup("budgets", "Budget used at venues", "%", "budget:", 100.0),
)


@dataclass(frozen=True, slots=True)
class SeriesRow:
    """A series as a row of the table, and drawn for whoever has no script."""

    label: str
    last: float
    mean: float
    highest: float
    chart: SafeString


@dataclass(frozen=True, slots=True)
class GroupChart:
    group: FigureGroup
    rows: list[SeriesRow]
    data: dict[str, Any]

    @property
    def script_id(self) -> str:
        """The id of the element whose text the script draws."""
        return f"data-{self.group.name}"


@operator_page(SEE_HEALTH)
def show_figures(request: HttpRequest) -> HttpResponse:
    """Show all figures over a day, a week or a month."""
    span = read_text(request, "span")
    span = span if span in SPANS else "24h"
    charts = build_charts(now=timezone.now(), span=SPANS[span][1])
    context: dict[str, Any] = {
        "charts": charts,
        "spans": [(name, label) for name, (label, _) in SPANS.items()],
        "span": span,
        "every_ms": 60_000,
    }
    return render_section(request, PAGE, "figures", context)


def build_charts(*, now: datetime, span: timedelta) -> list[GroupChart]:
    """Build the charts that have anything to show, each with its rows."""
    found = buckets.read_series((group.prefix for group in GROUPS), now=now, span=span)
    charts = (_build_chart(group, _select_series(found, group.prefix)) for group in GROUPS)
    return [chart for chart in charts if chart.rows]


def _select_series(
    found: Mapping[str, list[SeriesPoint]], prefix: str
) -> dict[str, list[SeriesPoint]]:
    return {
        name.removeprefix(prefix) or prefix: points
        for name, points in found.items()
        if name.startswith(prefix)
    }


def _build_chart(group: FigureGroup, found: Mapping[str, list[SeriesPoint]]) -> GroupChart:
    rows = [_build_row(group, name, points) for name, points in found.items()]
    return GroupChart(group, rows, _build_data(group, found))


def _build_row(group: FigureGroup, name: str, points: Sequence[SeriesPoint]) -> SeriesRow:
    means = [point.mean * group.factor for point in points]
    drawn = [
        (point.at, Decimal(f"{mean:.{PLACES}f}")) for point, mean in zip(points, means, strict=True)
    ]
    label = group.label if name == group.prefix else name
    return SeriesRow(
        label=label,
        last=means[-1],
        mean=sum(means) / len(means),
        highest=max(point.highest for point in points) * group.factor,
        chart=draw_line(drawn, title=f"{group.label}: {label}", unit=group.unit, from_zero=True),
    )


def _build_data(group: FigureGroup, found: Mapping[str, Iterable[SeriesPoint]]) -> dict[str, Any]:
    """Return what the script draws: one list of times, and a list of values for each series."""
    known = {name: {point.at: point.mean for point in points} for name, points in found.items()}
    times = sorted({at for values in known.values() for at in values})
    return {
        "unit": group.unit,
        "times": [round(at.timestamp()) for at in times],
        "series": [
            {
                "label": group.label if name == group.prefix else name,
                "values": [
                    None if at not in values else round(values[at] * group.factor, PLACES)
                    for at in times
                ],
            }
            for name, values in known.items()
        ],
    }
