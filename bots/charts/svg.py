"""Charts drawn by the server as SVG: lines, bars and a map of the week. Pure.

The plot is stretched to the width of the page; labels are outside it, so that they are not
stretched. Colours are in CSS files: the pages' content security policy forbids inline styles.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Final

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from bots.charts.scales import (
    ChartPoint,
    KnownPoint,
    Scale,
    fit_scale,
    format_number,
    format_tick,
    spread_times,
    thin_points,
)
from bots.charts.texts import BARS, DAYS, LINE, describe_bar, format_moment
from realtime.values import ZERO

WIDTH: Final = 4000
HEIGHT: Final = 2000
MAX_POINTS: Final = 400  # of a line; a screen has hardly more columns
TOOLTIPS: Final = 120  # of a line, each shown when the pointer is over it
MAX_BARS: Final = 130
MIN_BARS: Final = 14  # so that a single day does not fill the chart
STRENGTHS: Final = 4
NO_CHART: Final = SafeString("")

CHART: Final = (
    '<div class="chart {}"><svg class="plot" viewBox="0 0 4000 2000" preserveAspectRatio="none"'
    ' role="img"><title>{}</title><desc>{}</desc>{}</svg>'
    '<svg class="yaxis" aria-hidden="true">{}</svg>'
    '<svg class="xaxis" aria-hidden="true">{}</svg></div>'
)
BOX: Final = '<rect class="{}" x="{}" y="{}" width="{}" height="{}"><title>{}</title></rect>'

Hours = Mapping[tuple[int, int], tuple[Decimal, int]]  # (weekday, hour): net, trades


class TimeAxis:
    """The horizontal axis: time from left to right; a single time is in the middle."""

    def __init__(self, first: datetime, last: datetime, *, days: bool) -> None:
        self.first, self.last, self.span, self.days = first, last, last - first, days

    def share_of(self, at: datetime) -> Decimal:
        if not self.span:
            return Decimal("0.5")
        return Decimal(str((at - self.first) / self.span))

    def position_of(self, at: datetime) -> int:
        return round(self.share_of(at) * WIDTH)

    def draw_labels(self) -> SafeString:
        """Draw a few times below; the first and the last stay within the plot."""
        span = max(self.span, timedelta(days=3)) if self.days else self.span
        times = spread_times(self.first, self.last, count=4)
        labels = {format_moment(at, span): at for at in reversed(times)}  # each text once
        return _draw_x_labels((self.share_of(at), label) for label, at in labels.items())


def draw_line(
    points: Sequence[ChartPoint],
    *,
    title: str,
    unit: str,
    from_zero: bool = False,
    beside: Sequence[ChartPoint] = (),
) -> SafeString:
    """Draw a line and the area below it; nothing if no value is known.

    With `from_zero`, for profits, zero is in sight and the area is between zero and the line.
    The line of `beside`, of the same times, is drawn behind it for comparison.
    """
    parts = thin_points(points, limit=MAX_POINTS)
    known = [point for part in parts for point in part]
    if not known:
        return NO_CHART
    days = all(at == day_start(at) for at, _value in known)
    axis = TimeAxis(known[0][0], known[-1][0], days=days)
    others = thin_points(beside, limit=MAX_POINTS)
    values = [value for part in (*parts, *others) for _at, value in part]
    scale = fit_scale(values, with_zero=from_zero)
    ground = _height_of(scale, ZERO if from_zero else scale.low)
    areas = ((_area_path(part, axis, scale, ground),) for part in parts if len(part) > 1)
    lines = ((_line_path(part, axis, scale),) for part in parts)
    compared = ((_line_path(part, axis, scale),) for part in others)
    drawn = (
        _draw_grid(scale, zero=from_zero)
        + format_html_join("", '<path class="area" d="{}"/>', areas)
        + format_html_join("", '<path class="other" d="{}"/>', compared)
        + format_html_join("", '<path class="line" d="{}"/>', lines)
        + _draw_tooltips(known, axis, unit)
    )
    description = _describe_line(known, axis, unit)
    return format_html(
        CHART, "line", title, description, drawn, _draw_y_labels(scale), axis.draw_labels()
    )


def draw_bars(days: Sequence[tuple[date, Decimal]], *, title: str, unit: str) -> SafeString:
    """Draw the result of each day above or below zero; very many days share a bar."""
    if not days:
        return NO_CHART
    first, last = days[0][0], days[-1][0]
    size = -(-((last - first).days + 1) // MAX_BARS)
    sums = dict[int, Decimal]()
    for on, net in days:
        number = (on - first).days // size
        sums[number] = sums.get(number, ZERO) + net
    scale, before = fit_scale(sums.values(), with_zero=True), max(0, MIN_BARS - max(sums) - 1)
    count = before + max(sums) + 1
    boxes = (
        (
            *_bar_box(before + number, count, net, scale),
            describe_bar(first, number, size, net, unit),
        )
        for number, net in sums.items()
    )
    axis = TimeAxis(day_start(first) - timedelta(days=before), day_start(last), days=True)
    drawn = _draw_grid(scale, zero=True) + format_html_join("", BOX, boxes)
    each = _("%(size)s days each") % {"size": size} if size > 1 else _("a day each")
    best, worst = (
        format_number(most, signed=True) for most in (max(sums.values()), min(sums.values()))
    )
    words = {"first": first, "last": last, "each": each, "best": best, "worst": worst}
    description = _(BARS) % {**words, "unit": unit}
    return format_html(
        CHART, "bars", title, description, drawn, _draw_y_labels(scale), axis.draw_labels()
    )


def draw_week(hours: Hours, *, title: str, unit: str, clock: str = "UTC") -> SafeString:
    """Draw 7 rows of 24 hours, stronger where more was won or lost, with the extremes framed."""
    if not hours:
        return NO_CHART
    most = max(abs(net) for net, _count in hours.values())
    framed = find_extremes(hours)
    boxes = (
        (
            _cell_class(hours.get((day, hour)), most) + " most" * ((day, hour) in framed),
            *(hour * WIDTH // 24, day * HEIGHT // 7, WIDTH // 24 - 10, HEIGHT // 7 - 14),
            _describe_hour(day, hour, hours.get((day, hour)), unit, clock),
        )
        for day in range(7)
        for hour in range(24)
    )
    names = _place_labels(((2 * Decimal(row) + 1) / 14, _(day)) for row, day in enumerate(DAYS))
    marks = _draw_x_labels(
        (Decimal(2 * hour + 1) / 48, f"{hour:02}") for hour in (0, 6, 12, 18, 23)
    )
    drawn = format_html_join("", BOX, boxes)
    description = describe_extremes(hours, unit, clock)
    return format_html(CHART, "week", title, description, drawn, names, marks)


def find_extremes(hours: Hours) -> set[tuple[int, int]]:
    """Return the hour that won most and the one that lost most, if any did."""
    best, worst = (find(hours, key=lambda hour: hours[hour][0]) for find in (max, min))
    won = {best} if hours[best][0] > 0 else set()
    return won | {worst} if hours[worst][0] < 0 else won


def describe_extremes(hours: Hours, unit: str, clock: str = "UTC") -> str:
    """Describe the best and the worst hour as text, for people who cannot see the colours.

    An hour that lost is not called the best, nor one that won the worst.
    """
    texts = []
    for hour in sorted(find_extremes(hours), key=lambda hour: -hours[hour][0]):
        text = _("Best: %(hour)s.") if hours[hour][0] > 0 else _("Worst: %(hour)s.")
        texts.append(text % {"hour": _describe_hour(*hour, hours[hour], unit, clock)})
    return " ".join(texts)


def day_start(on: date) -> datetime:
    """Return the start of a day (UTC), to draw days as points of a line."""
    return datetime(on.year, on.month, on.day, tzinfo=UTC)


# Within the plot


def _height_of(scale: Scale, value: Decimal) -> int:
    return round((1 - scale.share_of(value)) * HEIGHT)


def _line_path(part: Sequence[KnownPoint], axis: TimeAxis, scale: Scale) -> str:
    """Return the path of a run; a single point is a line of no length, drawn as a dot."""
    steps = [f"{axis.position_of(at)} {_height_of(scale, value)}" for at, value in part]
    return f"M{'L'.join(steps)}" if len(steps) > 1 else f"M{steps[0]}h0"


def _area_path(part: Sequence[KnownPoint], axis: TimeAxis, scale: Scale, ground: int) -> str:
    left, right = axis.position_of(part[0][0]), axis.position_of(part[-1][0])
    return f"{_line_path(part, axis, scale)}L{right} {ground}L{left} {ground}Z"


def _draw_grid(scale: Scale, *, zero: bool) -> SafeString:
    rows = (
        ("zero" if zero and not tick else "grid", _height_of(scale, tick), WIDTH)
        for tick in scale.ticks
    )
    return format_html_join("", '<path class="{}" d="M0 {}h{}"/>', rows)


def _draw_tooltips(known: Sequence[KnownPoint], axis: TimeAxis, unit: str) -> SafeString:
    """Draw invisible columns, each with a tooltip of the last value in it."""
    columns = dict[int, str]()
    for at, value in known:
        text = f"{_format_when(at, axis)} · {format_number(value)} {unit}"
        columns[min(TOOLTIPS - 1, int(axis.share_of(at) * TOOLTIPS))] = text
    edges = [*(number * WIDTH // TOOLTIPS for number in columns), WIDTH]
    edges[0] = 0
    boxes = (
        ("hit", left, 0, right - left, HEIGHT, text)
        for text, left, right in zip(columns.values(), edges, edges[1:], strict=False)
    )
    return format_html_join("", BOX, boxes)


def _bar_box(number: int, count: int, net: Decimal, scale: Scale) -> tuple[str, int, int, int, int]:
    left, right = number * WIDTH // count, (number + 1) * WIDTH // count
    top, ground = _height_of(scale, max(net, ZERO)), _height_of(scale, min(net, ZERO))
    room = (right - left) // 6
    kind = "loss" if net < 0 else "gain"
    return kind, left + room, top, right - left - 2 * room, ground - top


def _cell_class(result: tuple[Decimal, int] | None, most: Decimal) -> str:
    if result is None:
        return "none"
    net = result[0]
    size = min(STRENGTHS, int(abs(net) / most * STRENGTHS) + 1) if most else 1
    return f"{'loss' if net < 0 else 'gain'} s{size}"


# Beside the plot


def _draw_y_labels(scale: Scale) -> SafeString:
    step = scale.ticks[1] - scale.ticks[0]
    return _place_labels(
        (1 - scale.share_of(tick), format_tick(tick, step=step)) for tick in scale.ticks
    )


def _place_labels(rows: Iterable[tuple[Decimal, str]]) -> SafeString:
    placed = ((f"{share * 100:.2f}", label) for share, label in rows)
    return format_html_join("", '<text x="0" y="{}%">{}</text>', placed)


def _draw_x_labels(columns: Iterable[tuple[Decimal, str]]) -> SafeString:
    anchors = {ZERO: "start", Decimal(1): "end"}  # those at the edges stay within the plot
    placed = (
        (anchors.get(share, "middle"), f"{share * 100:.2f}", label) for share, label in columns
    )
    return format_html_join("", '<text class="{}" x="{}%" y="14">{}</text>', placed)


# As text


def _format_when(at: datetime, axis: TimeAxis) -> str:
    return f"{at:%Y-%m-%d}" if axis.days else f"{at:%Y-%m-%d %H:%M} UTC"


def _describe_line(known: Sequence[KnownPoint], axis: TimeAxis, unit: str) -> str:
    values = [value for _at, value in known]
    words = {
        "first": f"{format_number(values[0])} {unit}",
        "first_time": _format_when(known[0][0], axis),
        "last": format_number(values[-1]),
        "last_time": _format_when(known[-1][0], axis),
        "lowest": format_number(min(values)),
        "highest": format_number(max(values)),
    }
    return _(LINE) % words


def _describe_hour(
    day: int, hour: int, result: tuple[Decimal, int] | None, unit: str, clock: str
) -> str:
    when = f"{_(DAYS[day])} {hour:02}:00 {clock}"
    if result is None:
        return _("%(when)s · no trade closed") % {"when": when}
    net, trades = format_number(result[0], signed=True), result[1]
    return f"{when} · {net} {unit} in {trades} trade{'s' * (trades != 1)}"
