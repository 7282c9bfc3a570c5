"""Charts drawn by the server: lines, bars and a map of the week as SVG. Pure; colours are in CSS.

The plot is stretched to whatever width there is, and the words stand outside it, so that they
are never stretched with it. There is no style in it: the pages' policy forbids that.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Final

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from bots.charts.scales import (
    ChartPoint,
    KnownPoint,
    Scale,
    fit_scale,
    format_moment,
    format_number,
    format_tick,
    spread_times,
    thin_points,
)
from realtime.values import ZERO

WIDTH: Final = 4000
HEIGHT: Final = 2000
MAX_POINTS: Final = 400  # points of a line; a screen has hardly more columns
TOOLTIPS: Final = 120  # places that say their value under the pointer
MAX_BARS: Final = 130
MIN_BARS: Final = 14  # a day alone is no wall
DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
STRENGTHS: Final = 4
NO_CHART: Final = SafeString("")

CHART: Final = (
    '<div class="chart {}"><svg class="plot" viewBox="0 0 4000 2000" preserveAspectRatio="none"'
    ' role="img"><title>{}</title><desc>{}</desc>{}</svg>'
    '<svg class="yaxis" aria-hidden="true">{}</svg>'
    '<svg class="xaxis" aria-hidden="true">{}</svg></div>'
)
BOX: Final = '<rect class="{}" x="{}" y="{}" width="{}" height="{}"><title>{}</title></rect>'

Hours = Mapping[tuple[int, int], tuple[Decimal, int]]  # (weekday, hour): net, rounds


class TimeAxis:
    """Time from left to right; a single moment stands in the middle."""

    def __init__(self, first: datetime, last: datetime, *, days: bool) -> None:
        self.first, self.last, self.span, self.days = first, last, last - first, days

    def share(self, at: datetime) -> Decimal:
        if not self.span:
            return Decimal("0.5")
        return Decimal(str((at - self.first) / self.span))

    def x(self, at: datetime) -> int:
        return round(self.share(at) * WIDTH)

    def words(self) -> SafeString:
        """Few moments below; the first and the last stay within the plot."""
        shown = max(self.span, timedelta(days=3)) if self.days else self.span
        few = spread_times(self.first, self.last, most=4)
        named = {format_moment(at, shown): at for at in reversed(few)}  # each word once
        return _draw_x_labels((self.share(at), words) for words, at in named.items())


def draw_line(
    points: Sequence[ChartPoint], *, title: str, unit: str, from_zero: bool = False
) -> SafeString:
    """A line and what is below it; nothing without a single known value.

    `from_zero` is for what was earned: zero is in sight, and the area lies between it and the line.
    """
    parts = thin_points(points, most=MAX_POINTS)
    known = [point for part in parts for point in part]
    if not known:
        return NO_CHART
    days = all(at == day_start(at) for at, _ in known)
    across = TimeAxis(known[0][0], known[-1][0], days=days)
    up = fit_scale((value for _, value in known), with_zero=from_zero)
    ground = _height_of(up, ZERO if from_zero else up.low)
    areas = ((_area_path(part, across, up, ground),) for part in parts if len(part) > 1)
    lines = ((_line_path(part, across, up),) for part in parts)
    drawn = (
        _draw_grid(up, zero=from_zero)
        + format_html_join("", '<path class="area" d="{}"/>', areas)
        + format_html_join("", '<path class="line" d="{}"/>', lines)
        + _draw_tooltips(known, across, unit)
    )
    words = _describe_line(known, across, unit)
    return format_html(CHART, "line", title, words, drawn, _draw_y_labels(up), across.words())


def draw_bars(days: Sequence[tuple[date, Decimal]], *, title: str, unit: str) -> SafeString:
    """What each day brought, above or below the zero line; very many days go together."""
    if not days:
        return NO_CHART
    first, last = days[0][0], days[-1][0]
    size = -(-((last - first).days + 1) // MAX_BARS)
    sums = dict[int, Decimal]()
    for on, net in days:
        number = (on - first).days // size
        sums[number] = sums.get(number, ZERO) + net
    up, before = fit_scale(sums.values(), with_zero=True), max(0, MIN_BARS - max(sums) - 1)
    count = before + max(sums) + 1
    boxes = (
        (*_bar_box(before + number, count, net, up), _describe_bar(first, number, size, net, unit))
        for number, net in sums.items()
    )
    across = TimeAxis(day_start(first) - timedelta(days=before), day_start(last), days=True)
    drawn = _draw_grid(up, zero=True) + format_html_join("", BOX, boxes)
    each = f"{size} days each" if size > 1 else "a day each"
    best, worst = (
        format_number(most, signed=True) for most in (max(sums.values()), min(sums.values()))
    )
    words = f"From {first} to {last}, {each}: best {best}, worst {worst} {unit}."
    return format_html(CHART, "bars", title, words, drawn, _draw_y_labels(up), across.words())


def draw_week(hours: Hours, *, title: str, unit: str) -> SafeString:
    """Seven rows of 24 hours, stronger where more was won or lost."""
    if not hours:
        return NO_CHART
    most = max(abs(net) for net, _ in hours.values())
    boxes = (
        (
            _cell_class(hours.get((day, hour)), most),
            *(hour * WIDTH // 24, day * HEIGHT // 7, WIDTH // 24 - 10, HEIGHT // 7 - 14),
            _describe_hour(day, hour, hours.get((day, hour)), unit),
        )
        for day in range(7)
        for hour in range(24)
    )
    names = _place_labels(((2 * Decimal(row) + 1) / 14, day) for row, day in enumerate(DAYS))
    marks = _draw_x_labels(
        (Decimal(2 * hour + 1) / 48, f"{hour:02}") for hour in (0, 6, 12, 18, 23)
    )
    drawn = format_html_join("", BOX, boxes)
    return format_html(CHART, "week", title, describe_extremes(hours, unit), drawn, names, marks)


def describe_extremes(hours: Hours, unit: str) -> str:
    """The ends of the week's map in words, for who does not see or trust colours."""
    best = max(hours, key=lambda one: hours[one][0])
    worst = min(hours, key=lambda one: hours[one][0])
    said = f"Best: {_describe_hour(*best, hours[best], unit)}."
    return said if best == worst else f"{said} Worst: {_describe_hour(*worst, hours[worst], unit)}."


def day_start(on: date) -> datetime:
    """A day as a moment, for a line of days."""
    return datetime(on.year, on.month, on.day, tzinfo=UTC)


# Within the plot


def _height_of(up: Scale, value: Decimal) -> int:
    return round((1 - up.share(value)) * HEIGHT)


def _line_path(part: Sequence[KnownPoint], across: TimeAxis, up: Scale) -> str:
    """A point alone is a line of no length, which round ends make a dot."""
    steps = [f"{across.x(at)} {_height_of(up, value)}" for at, value in part]
    return f"M{'L'.join(steps)}" if len(steps) > 1 else f"M{steps[0]}h0"


def _area_path(part: Sequence[KnownPoint], across: TimeAxis, up: Scale, ground: int) -> str:
    left, right = across.x(part[0][0]), across.x(part[-1][0])
    return f"{_line_path(part, across, up)}L{right} {ground}L{left} {ground}Z"


def _draw_grid(up: Scale, *, zero: bool) -> SafeString:
    rows = (
        ("zero" if zero and not one else "grid", _height_of(up, one), WIDTH) for one in up.ticks
    )
    return format_html_join("", '<path class="{}" d="M0 {}h{}"/>', rows)


def _draw_tooltips(known: Sequence[KnownPoint], across: TimeAxis, unit: str) -> SafeString:
    """Columns that cannot be seen, each of which says the last value in it."""
    found = dict[int, KnownPoint]()
    for at, value in known:
        found[min(TOOLTIPS - 1, int(across.share(at) * TOOLTIPS))] = at, value
    edges = [*(number * WIDTH // TOOLTIPS for number in found), WIDTH]
    edges[0] = 0
    boxes = (
        (
            "hit",
            left,
            0,
            right - left,
            HEIGHT,
            f"{_format_when(at, across)} · {format_number(value)} {unit}",
        )
        for (at, value), left, right in zip(found.values(), edges, edges[1:], strict=False)
    )
    return format_html_join("", BOX, boxes)


def _bar_box(number: int, count: int, net: Decimal, up: Scale) -> tuple[str, int, int, int, int]:
    left, right = number * WIDTH // count, (number + 1) * WIDTH // count
    top, ground = _height_of(up, max(net, ZERO)), _height_of(up, min(net, ZERO))
    room = (right - left) // 6
    kind = "loss" if net < 0 else "gain"
    return kind, left + room, top, right - left - 2 * room, ground - top


def _cell_class(found: tuple[Decimal, int] | None, most: Decimal) -> str:
    if found is None:
        return "none"
    net = found[0]
    size = min(STRENGTHS, int(abs(net) / most * STRENGTHS) + 1) if most else 1
    return f"{'loss' if net < 0 else 'gain'} s{size}"


# Beside the plot


def _draw_y_labels(up: Scale) -> SafeString:
    step = up.ticks[1] - up.ticks[0]
    return _place_labels((1 - up.share(tick), format_tick(tick, step=step)) for tick in up.ticks)


def _place_labels(rows: Iterable[tuple[Decimal, str]]) -> SafeString:
    placed = ((f"{share * 100:.2f}", words) for share, words in rows)
    return format_html_join("", '<text x="0" y="{}%">{}</text>', placed)


def _draw_x_labels(columns: Iterable[tuple[Decimal, str]]) -> SafeString:
    placed = ((_text_anchor(share), f"{share * 100:.2f}", words) for share, words in columns)
    return format_html_join("", '<text class="{}" x="{}%" y="14">{}</text>', placed)


def _text_anchor(share: Decimal) -> str:
    if share == 0:
        return "start"
    return "end" if share == 1 else "middle"


# In words


def _format_when(at: datetime, across: TimeAxis) -> str:
    return f"{at:%Y-%m-%d}" if across.days else f"{at:%Y-%m-%d %H:%M} UTC"


def _describe_line(known: Sequence[KnownPoint], across: TimeAxis, unit: str) -> str:
    values = [value for _, value in known]
    return (
        f"{format_number(values[0])} {unit} at first ({_format_when(known[0][0], across)}), "
        f"{format_number(values[-1])} at last ({_format_when(known[-1][0], across)}); "
        f"lowest {format_number(min(values))}, highest {format_number(max(values))}."
    )


def _describe_bar(first: date, number: int, size: int, net: Decimal, unit: str) -> str:
    start = first + timedelta(days=number * size)
    days = f"{start}" if size == 1 else f"{start} to {start + timedelta(days=size - 1)}"
    return f"{days} · {format_number(net, signed=True)} {unit}"


def _describe_hour(day: int, hour: int, found: tuple[Decimal, int] | None, unit: str) -> str:
    when = f"{DAYS[day]} {hour:02}:00 UTC"
    if found is None:
        return f"{when} · no round ended"
    net, rounds = found
    return (
        f"{when} · {format_number(net, signed=True)} {unit} in {rounds} round{'s' * (rounds != 1)}"
    )
