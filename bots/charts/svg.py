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
    Known,
    Point,
    Scale,
    format_number,
    format_tick,
    moment,
    scale,
    thin,
    times,
)
from realtime.values import ZERO

WIDE: Final = 4000
HIGH: Final = 2000
MOST: Final = 400  # points of a line; a screen has hardly more columns
HITS: Final = 120  # places that say their value under the pointer
MOST_BARS: Final = 130
LEAST_BARS: Final = 14  # a day alone is no wall
DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
STRENGTHS: Final = 4
NOTHING: Final = SafeString("")

CHART: Final = (
    '<div class="chart {}"><svg class="plot" viewBox="0 0 4000 2000" preserveAspectRatio="none"'
    ' role="img"><title>{}</title><desc>{}</desc>{}</svg>'
    '<svg class="yaxis" aria-hidden="true">{}</svg>'
    '<svg class="xaxis" aria-hidden="true">{}</svg></div>'
)
BOX: Final = '<rect class="{}" x="{}" y="{}" width="{}" height="{}"><title>{}</title></rect>'

Hours = Mapping[tuple[int, int], tuple[Decimal, int]]  # (weekday, hour): net, rounds


class Across:
    """Time from left to right; a single moment stands in the middle."""

    def __init__(self, first: datetime, last: datetime, *, days: bool) -> None:
        self.first, self.last, self.span, self.days = first, last, last - first, days

    def share(self, at: datetime) -> Decimal:
        if not self.span:
            return Decimal("0.5")
        return Decimal(str((at - self.first) / self.span))

    def x(self, at: datetime) -> int:
        return round(self.share(at) * WIDE)

    def words(self) -> SafeString:
        """Few moments below; the first and the last stay within the plot."""
        shown = max(self.span, timedelta(days=3)) if self.days else self.span
        few = times(self.first, self.last, most=4)
        named = {moment(at, shown): at for at in reversed(few)}  # each word once
        return _along((self.share(at), words) for words, at in named.items())


def line(points: Sequence[Point], *, title: str, unit: str, from_zero: bool = False) -> SafeString:
    """A line and what is below it; nothing without a single known value.

    `from_zero` is for what was earned: zero is in sight, and the area lies between it and the line.
    """
    parts = thin(points, most=MOST)
    known = [point for part in parts for point in part]
    if not known:
        return NOTHING
    days = all(at == at_day(at) for at, _ in known)
    across = Across(known[0][0], known[-1][0], days=days)
    up = scale((value for _, value in known), with_zero=from_zero)
    ground = _y(up, ZERO if from_zero else up.low)
    areas = ((_area(part, across, up, ground),) for part in parts if len(part) > 1)
    lines = ((_path(part, across, up),) for part in parts)
    drawn = (
        _grid(up, zero=from_zero)
        + format_html_join("", '<path class="area" d="{}"/>', areas)
        + format_html_join("", '<path class="line" d="{}"/>', lines)
        + _hits(known, across, unit)
    )
    words = _course(known, across, unit)
    return format_html(CHART, "line", title, words, drawn, _beside(up), across.words())


def bars(days: Sequence[tuple[date, Decimal]], *, title: str, unit: str) -> SafeString:
    """What each day brought, above or below the zero line; very many days go together."""
    if not days:
        return NOTHING
    first, last = days[0][0], days[-1][0]
    size = -(-((last - first).days + 1) // MOST_BARS)
    sums = dict[int, Decimal]()
    for on, net in days:
        number = (on - first).days // size
        sums[number] = sums.get(number, ZERO) + net
    up, before = scale(sums.values(), with_zero=True), max(0, LEAST_BARS - max(sums) - 1)
    count = before + max(sums) + 1
    boxes = (
        (*_bar(before + number, count, net, up), _named(first, number, size, net, unit))
        for number, net in sums.items()
    )
    across = Across(at_day(first) - timedelta(days=before), at_day(last), days=True)
    drawn = _grid(up, zero=True) + format_html_join("", BOX, boxes)
    each = f"{size} days each" if size > 1 else "a day each"
    best, worst = (
        format_number(most, signed=True) for most in (max(sums.values()), min(sums.values()))
    )
    words = f"From {first} to {last}, {each}: best {best}, worst {worst} {unit}."
    return format_html(CHART, "bars", title, words, drawn, _beside(up), across.words())


def week(hours: Hours, *, title: str, unit: str) -> SafeString:
    """Seven rows of 24 hours, stronger where more was won or lost."""
    if not hours:
        return NOTHING
    most = max(abs(net) for net, _ in hours.values())
    boxes = (
        (
            _strength(hours.get((day, hour)), most),
            *(hour * WIDE // 24, day * HIGH // 7, WIDE // 24 - 10, HIGH // 7 - 14),
            _hour(day, hour, hours.get((day, hour)), unit),
        )
        for day in range(7)
        for hour in range(24)
    )
    names = _texts(((2 * Decimal(row) + 1) / 14, day) for row, day in enumerate(DAYS))
    marks = _along((Decimal(2 * hour + 1) / 48, f"{hour:02}") for hour in (0, 6, 12, 18, 23))
    drawn = format_html_join("", BOX, boxes)
    return format_html(CHART, "week", title, best_and_worst(hours, unit), drawn, names, marks)


def best_and_worst(hours: Hours, unit: str) -> str:
    """The ends of the week's map in words, for who does not see or trust colours."""
    best = max(hours, key=lambda one: hours[one][0])
    worst = min(hours, key=lambda one: hours[one][0])
    said = f"Best: {_hour(*best, hours[best], unit)}."
    return said if best == worst else f"{said} Worst: {_hour(*worst, hours[worst], unit)}."


def at_day(on: date) -> datetime:
    """A day as a moment, for a line of days."""
    return datetime(on.year, on.month, on.day, tzinfo=UTC)


# Within the plot


def _y(up: Scale, value: Decimal) -> int:
    return round((1 - up.share(value)) * HIGH)


def _path(part: Sequence[Known], across: Across, up: Scale) -> str:
    """A point alone is a line of no length, which round ends make a dot."""
    steps = [f"{across.x(at)} {_y(up, value)}" for at, value in part]
    return f"M{'L'.join(steps)}" if len(steps) > 1 else f"M{steps[0]}h0"


def _area(part: Sequence[Known], across: Across, up: Scale, ground: int) -> str:
    left, right = across.x(part[0][0]), across.x(part[-1][0])
    return f"{_path(part, across, up)}L{right} {ground}L{left} {ground}Z"


def _grid(up: Scale, *, zero: bool) -> SafeString:
    rows = (("zero" if zero and not one else "grid", _y(up, one), WIDE) for one in up.ticks)
    return format_html_join("", '<path class="{}" d="M0 {}h{}"/>', rows)


def _hits(known: Sequence[Known], across: Across, unit: str) -> SafeString:
    """Columns that cannot be seen, each of which says the last value in it."""
    found = dict[int, Known]()
    for at, value in known:
        found[min(HITS - 1, int(across.share(at) * HITS))] = at, value
    edges = [*(number * WIDE // HITS for number in found), WIDE]
    edges[0] = 0
    boxes = (
        ("hit", left, 0, right - left, HIGH, f"{_when(at, across)} · {format_number(value)} {unit}")
        for (at, value), left, right in zip(found.values(), edges, edges[1:], strict=False)
    )
    return format_html_join("", BOX, boxes)


def _bar(number: int, count: int, net: Decimal, up: Scale) -> tuple[str, int, int, int, int]:
    left, right = number * WIDE // count, (number + 1) * WIDE // count
    top, ground = _y(up, max(net, ZERO)), _y(up, min(net, ZERO))
    room = (right - left) // 6
    kind = "loss" if net < 0 else "gain"
    return kind, left + room, top, right - left - 2 * room, ground - top


def _strength(found: tuple[Decimal, int] | None, most: Decimal) -> str:
    if found is None:
        return "none"
    net = found[0]
    size = min(STRENGTHS, int(abs(net) / most * STRENGTHS) + 1) if most else 1
    return f"{'loss' if net < 0 else 'gain'} s{size}"


# Beside the plot


def _beside(up: Scale) -> SafeString:
    step = up.ticks[1] - up.ticks[0]
    return _texts((1 - up.share(tick), format_tick(tick, step=step)) for tick in up.ticks)


def _texts(rows: Iterable[tuple[Decimal, str]]) -> SafeString:
    placed = ((f"{share * 100:.2f}", words) for share, words in rows)
    return format_html_join("", '<text x="0" y="{}%">{}</text>', placed)


def _along(columns: Iterable[tuple[Decimal, str]]) -> SafeString:
    placed = ((_anchor(share), f"{share * 100:.2f}", words) for share, words in columns)
    return format_html_join("", '<text class="{}" x="{}%" y="14">{}</text>', placed)


def _anchor(share: Decimal) -> str:
    if share == 0:
        return "start"
    return "end" if share == 1 else "middle"


# In words


def _when(at: datetime, across: Across) -> str:
    return f"{at:%Y-%m-%d}" if across.days else f"{at:%Y-%m-%d %H:%M} UTC"


def _course(known: Sequence[Known], across: Across, unit: str) -> str:
    values = [value for _, value in known]
    return (
        f"{format_number(values[0])} {unit} at first ({_when(known[0][0], across)}), "
        f"{format_number(values[-1])} at last ({_when(known[-1][0], across)}); "
        f"lowest {format_number(min(values))}, highest {format_number(max(values))}."
    )


def _named(first: date, number: int, size: int, net: Decimal, unit: str) -> str:
    start = first + timedelta(days=number * size)
    days = f"{start}" if size == 1 else f"{start} to {start + timedelta(days=size - 1)}"
    return f"{days} · {format_number(net, signed=True)} {unit}"


def _hour(day: int, hour: int, found: tuple[Decimal, int] | None, unit: str) -> str:
    when = f"{DAYS[day]} {hour:02}:00 UTC"
    if found is None:
        return f"{when} · no round ended"
    net, rounds = found
    return (
        f"{when} · {format_number(net, signed=True)} {unit} in {rounds} round{'s' * (rounds != 1)}"
    )
