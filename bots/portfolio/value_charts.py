"""The charts of a portfolio's value: beside what was paid in, and below its peak. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from bots.charts import svg
from bots.charts.line_data import LineChart, Series, build_data, fill_gap_times, thin_times
from bots.formatting import count_places
from bots.portfolio.curve import CurvePoint, add_paid_in
from realtime.values import EXACT

MOST_DAYS: Final = 100  # rows of the table; the curve has them all
SMALL: Final = 130  # pixels


@dataclass(frozen=True, slots=True)
class WorthPoint:
    """The value at a time; `without_profit` is what it would be if nothing had been earned."""

    at: datetime
    value: Decimal
    without_profit: Decimal
    fall: Decimal  # from the highest profit so far, zero or below
    exposure: Decimal | None


def follow_value(
    points: Sequence[CurvePoint], moved: Sequence[tuple[datetime, Decimal]]
) -> list[WorthPoint]:
    """Return the known points with what was paid in since the first, and the fall from a peak.

    A deposit is no profit and a withdrawal no fall: the peak is that of the value without them.
    """
    followed: list[WorthPoint] = []
    first = peak = None
    for point in add_paid_in(points, moved):
        if point.value is None:
            continue
        earned = EXACT.subtract(point.value, point.paid_in)
        first = earned if first is None else first
        peak = earned if peak is None else max(peak, earned)
        without_profit = EXACT.add(first, point.paid_in)
        fall = EXACT.subtract(earned, peak)
        followed.append(WorthPoint(point.at, point.value, without_profit, fall, point.exposure))
    return followed


def draw_value_charts(
    points: Sequence[CurvePoint], followed: Sequence[WorthPoint], *, currency: str, span: str
) -> list[LineChart]:
    """Return the charts, with one axis of time; none if no value is known."""
    if not followed:
        return []
    by_time = {point.at: point for point in followed}
    times = thin_times([(point.at, point.value) for point in points])
    shown = [None if at is None else by_time[at] for at in times]
    filled, places = fill_gap_times(times), count_places(currency)

    def build(*series: Series, is_from_zero: bool = True) -> dict[str, Any]:
        return build_data(
            filled, series, unit=currency, places=places, span=span, is_from_zero=is_from_zero
        )

    value, fall = _draw_value(points, followed, currency), _draw_fall(followed, currency)
    charts = [
        LineChart(
            name="value",
            title=_("Value"),
            drawing=value,
            data=build(*_value_lines(shown), is_from_zero=False),
        ),
        LineChart(
            name="fall",
            title=_("Drawdown"),
            drawing=fall,
            data=build(_fall_line(shown)),
            height=SMALL,
        ),
    ]
    if any(point.exposure for point in followed):
        charts.append(_build_exposure(followed, build(_exposure_line(shown)), currency))
    return charts


def _build_exposure(
    followed: Sequence[WorthPoint], data: dict[str, Any], currency: str
) -> LineChart:
    title = _("Exposure: coins, and the size of open contracts")
    drawing = _draw_exposure(followed, currency)
    return LineChart(name="exposure", title=title, drawing=drawing, data=data, height=SMALL)


def _value_lines(shown: Sequence[WorthPoint | None]) -> list[Series]:
    return [
        Series(
            label=_("Value"),
            kind="area",
            values=[None if point is None else point.value for point in shown],
        ),
        Series(
            label=_("Without profit"),
            kind="step",
            colour="muted",
            is_dashed=True,
            values=[None if point is None else point.without_profit for point in shown],
        ),
    ]


def _fall_line(shown: Sequence[WorthPoint | None]) -> Series:
    falls = [None if point is None else point.fall for point in shown]
    return Series(label=_("Drawdown"), kind="area", colour="sell", values=falls)


def _exposure_line(shown: Sequence[WorthPoint | None]) -> Series:
    sizes = [None if point is None else point.exposure for point in shown]
    return Series(label=_("Exposure"), kind="area", colour="warn", values=sizes)


def _draw_value(
    points: Sequence[CurvePoint], followed: Sequence[WorthPoint], currency: str
) -> SafeString:
    return svg.draw_line(
        [(point.at, point.value) for point in points],
        title=f"Value over time, in {currency}",
        unit=currency,
        beside=[(point.at, point.without_profit) for point in followed],
    )


def _draw_fall(followed: Sequence[WorthPoint], currency: str) -> SafeString:
    return svg.draw_line(
        [(point.at, point.fall) for point in followed],
        title=f"Fall from the highest profit so far, in {currency}",
        unit=currency,
        from_zero=True,
    )


def _draw_exposure(followed: Sequence[WorthPoint], currency: str) -> SafeString:
    return svg.draw_line(
        [(point.at, point.exposure) for point in followed],
        title=f"Coins and the size of open contracts, in {currency}",
        unit=currency,
        from_zero=True,
    )


def list_days(followed: Sequence[WorthPoint]) -> list[tuple[date, WorthPoint]]:
    """Return the last point of each day (UTC), the newest first: the curve as a table."""
    last = {point.at.astimezone(UTC).date(): point for point in followed}
    return sorted(last.items(), reverse=True)[:MOST_DAYS]
