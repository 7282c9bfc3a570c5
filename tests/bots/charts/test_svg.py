"""What a chart shows is what was given: nothing lost, nothing invented, zero where it belongs."""

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from xml.etree import ElementTree

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from bots.charts import scales
from bots.charts import svg as charts_svg
from bots.charts.scales import ChartPoint
from bots.charts.texts import format_moment

START = datetime(2026, 3, 1, tzinfo=UTC)
MONEY = st.decimals(min_value=-(10**12), max_value=10**12, allow_nan=False, places=4)


def points(*values: str | None, every: timedelta = timedelta(hours=1)) -> list[ChartPoint]:
    return [
        (START + every * number, None if value is None else Decimal(value))
        for number, value in enumerate(values)
    ]


def drawn(svg: str) -> ElementTree.Element:
    """It is well-formed, and nothing in it is no number."""
    assert "NaN" not in svg
    assert "Infinity" not in svg
    assert "style=" not in svg
    return ElementTree.fromstring(svg)  # noqa: S314 (drawn by us a moment ago)


def numbers(path: str) -> list[int]:
    return [int(number) for number in re.findall(r"-?\d+", path)]


def paths(svg: str, kind: str) -> list[str]:
    return [one.get("d", "") for one in drawn(svg).iter("path") if one.get("class") == kind]


@given(st.lists(MONEY, min_size=1, max_size=1500), st.integers(4, 300))
def test_extremes_ends_and_order_survive_thinning(values: list[Decimal], most: int) -> None:
    whole = [(START + timedelta(minutes=n), value) for n, value in enumerate(values)]
    kept = [point for part in scales.thin_points(whole, limit=most) for point in part]
    assert len(kept) <= most + 4
    assert (kept[0], kept[-1]) == (whole[0], whole[-1])
    assert max(value for _, value in kept) == max(values)
    assert min(value for _, value in kept) == min(values)
    assert sorted(kept) == kept
    assert set(kept) <= set(whole)


@given(st.lists(st.none() | MONEY, max_size=300), st.integers(4, 100))
def test_unknown_values_are_never_drawn(values: list[Decimal | None], most: int) -> None:
    whole = [(START + timedelta(minutes=n), value) for n, value in enumerate(values)]
    kept = [point for part in scales.thin_points(whole, limit=most) for point in part]
    assert set(kept) <= set(whole)
    assert bool(kept) == any(value is not None for value in values)


def test_a_visible_gap_stays() -> None:
    whole = points(*["1"] * 500, *[None] * 500, *["2"] * 500)
    assert [len(part) > 1 for part in scales.thin_points(whole, limit=100)] == [True, True]
    assert len(paths(charts_svg.draw_line(whole, title="t", unit="USDT"), "line")) == 2


def test_one_unknown_point_makes_a_gap() -> None:
    whole = [(START, Decimal(1)), (START + timedelta(minutes=5), None),
             (START + timedelta(days=300), Decimal(1))]  # fmt: skip
    assert len(scales.thin_points(whole, limit=4)) == 2


@given(st.lists(MONEY, min_size=1, max_size=50), st.booleans())
def test_a_scale_covers_all_values_and_ends_on_ticks(
    values: list[Decimal], with_zero: bool
) -> None:
    found = scales.fit_scale(values, with_zero=with_zero)
    assert found.low <= min(values) <= max(values) <= found.high
    assert 2 <= len(found.ticks) <= 7
    assert len({b - a for a, b in zip(found.ticks, found.ticks[1:], strict=False)}) <= 2
    if with_zero:
        assert 0 in found.ticks


@given(
    st.lists(st.decimals(-(10**30), 10**30, allow_nan=False), min_size=1, max_size=20),
    st.integers(-40, 40),
)
def test_every_tick_has_a_different_label(values: list[Decimal], size: int) -> None:
    sized = [value.scaleb(size) for value in values]
    svg = charts_svg.draw_line(
        [(START + timedelta(hours=n), value) for n, value in enumerate(sized)],
        title="t",
        unit="USDT",
    )
    beside = svg.split('class="yaxis"')[1].split('class="xaxis"')[0]
    marks = re.findall(r">([^<>]+)</text>", beside)
    assert len(set(marks)) == len(marks) >= 2
    drawn(svg)


def test_ticks_are_round_numbers() -> None:
    found = scales.fit_scale([Decimal("987"), Decimal("2310")])
    assert [int(one) for one in found.ticks] == [500, 1000, 1500, 2000, 2500]
    found = scales.fit_scale([Decimal("-3"), Decimal("7")], with_zero=True)
    assert [int(one) for one in found.ticks] == [-5, 0, 5, 10]


@pytest.mark.parametrize(
    ("value", "words"),
    [("0", "0"), ("999", "999"), ("1500", "1,500"), ("12400", "12.4k"), ("1000000", "1M"),
     ("-2500000000", f"{scales.MINUS}2.5B"), ("0.0005", "0.0005"), ("1E+3", "1,000"),
     ("100", "100")],
)  # fmt: skip
def test_numbers_of_ticks(value: str, words: str) -> None:
    assert scales.format_tick(Decimal(value)) == words


@pytest.mark.parametrize(
    ("value", "words"),
    [("0", "0.00"), ("12345.678", "+12,345.68"),
     ("-0.00012345678", f"{scales.MINUS}0.0001235"), ("1E+3", "+1,000.00")],
)  # fmt: skip
def test_numbers_in_full(value: str, words: str) -> None:
    assert scales.format_number(Decimal(value), signed=True) == words


def test_no_chart_without_values() -> None:
    assert charts_svg.draw_line([], title="t", unit="USDT") == ""
    assert charts_svg.draw_line(points(None, None), title="t", unit="USDT") == ""
    assert charts_svg.draw_line([(START, Decimal("NaN"))], title="t", unit="USDT") == ""
    assert charts_svg.draw_bars([], title="t", unit="USDT") == ""
    assert charts_svg.draw_week({}, title="t", unit="USDT") == ""


@pytest.mark.parametrize("value", ["0", "5", "-5", "1E-18", "1E+30"])
def test_one_value_is_a_dot_in_the_middle(value: str) -> None:
    (dot,) = paths(charts_svg.draw_line(points(value), title="t", unit="USDT"), "line")
    assert re.fullmatch(r"M2000 \d+h0", dot)
    assert 400 < numbers(dot)[1] < 1600


def test_a_chart_of_many_values_stays_small() -> None:
    svg = charts_svg.draw_line(
        points(*(str(n % 77) for n in range(10_000))), title="t", unit="USDT"
    )
    drawn(svg)
    assert len(svg) < 30_000


def test_higher_is_higher_and_the_line_goes_through_its_ends() -> None:
    (path,) = paths(charts_svg.draw_line(points("10", "20", "15"), title="t", unit="USDT"), "line")
    assert numbers(path) == [0, 2000, 2000, 0, 4000, 1000]


def test_days_are_named_as_days_and_each_once() -> None:
    svg = charts_svg.draw_line(points("1", "2", every=timedelta(days=1)), title="t", unit="USDT")
    assert re.findall(r">(\d+ Mar)<", svg) == ["2 Mar", "1 Mar"]
    assert "2026-03-02 \N{MIDDLE DOT} 2.00 USDT" in svg
    assert "00:00" not in svg


def test_the_zero_line_is_where_zero_is() -> None:
    svg = charts_svg.draw_line(points("-5", "5"), title="t", unit="USDT", from_zero=True)
    (zero,) = paths(svg, "zero")
    (line,) = paths(svg, "line")
    assert numbers(zero)[1] == (numbers(line)[1] + numbers(line)[3]) / 2
    (area,) = paths(svg, "area")
    assert area.endswith(f"L4000 {numbers(zero)[1]}L0 {numbers(zero)[1]}Z")


def test_bars_stand_on_zero_and_hang_from_it() -> None:
    days = [(date(2026, 3, 1), Decimal(4)), (date(2026, 3, 3), Decimal(-2))]
    svg = charts_svg.draw_bars(days, title="t", unit="USDT")
    (zero,) = paths(svg, "zero")
    gain, loss = drawn(svg).iter("rect")
    assert (gain.get("class"), loss.get("class")) == ("gain", "loss")
    assert int(gain.get("y", 0)) + int(gain.get("height", 0)) == numbers(zero)[1]
    assert int(loss.get("y", 0)) == numbers(zero)[1]
    assert abs(int(gain.get("height", 0)) - 2 * int(loss.get("height", 0))) <= 1  # rounded
    assert int(loss.get("x", 0)) >= charts_svg.WIDTH * 13 // 14
    assert int(gain.get("width", 0)) < charts_svg.WIDTH // 14
    assert gain[0].text == "2026-03-01 · +4.00 USDT"


def test_very_many_days_share_bars_and_lose_nothing() -> None:
    days = [(date(2024, 1, 1) + timedelta(days=n), Decimal(1)) for n in range(731)]
    boxes = list(drawn(charts_svg.draw_bars(days, title="t", unit="USDT")).iter("rect"))
    assert len(boxes) <= charts_svg.MAX_BARS
    said = [str(box[0].text) for box in boxes]
    assert said[0] == "2024-01-01 to 2024-01-06 · +6.00 USDT"
    assert sum(Decimal(one.split("+")[1].split()[0]) for one in said) == 731


def test_the_map_of_the_week() -> None:
    hours = {(0, 9): (Decimal(8), 3), (6, 23): (Decimal(-1), 1), (2, 2): (Decimal(0), 1)}
    svg = charts_svg.draw_week(hours, title="t", unit="USDT")
    boxes = {str(box[0].text): box.get("class") for box in drawn(svg).iter("rect")}
    assert len(list(drawn(svg).iter("rect"))) == 7 * 24
    assert boxes["Mon 09:00 UTC · +8.00 USDT in 3 trades"] == "gain s4 most"
    assert boxes[f"Sun 23:00 UTC · {scales.MINUS}1.00 USDT in 1 trade"] == "loss s1 most"
    assert boxes["Tue 00:00 UTC · no trade closed"] == "none"
    assert charts_svg.describe_extremes(hours, "USDT").startswith(
        "Best: Mon 09:00 UTC · +8.00 USDT"
    )


def test_texts_of_users_are_escaped() -> None:
    svg = charts_svg.draw_line(points("1", "2"), title="<script>", unit='"><b>')
    assert "<script>" not in svg
    assert "<b>" not in svg
    drawn(svg)


def test_an_hour_that_lost_is_not_the_best() -> None:
    lost = {(0, 9): (Decimal("-2.05"), 1)}
    assert charts_svg.describe_extremes(lost, "USDT").startswith("Worst: Mon 09:00 UTC")
    assert "Best" not in charts_svg.describe_extremes(lost, "USDT")
    won = {(0, 9): (Decimal(2), 1), (1, 9): (Decimal(3), 1)}
    assert "Worst" not in charts_svg.describe_extremes(won, "USDT")
    assert charts_svg.describe_extremes({(0, 9): (Decimal(0), 1)}, "USDT") == ""


def test_months_of_an_axis_are_in_the_language_of_the_page() -> None:
    december = datetime(2026, 12, 5, tzinfo=UTC)
    with translation.override("de"):
        assert format_moment(december, timedelta(days=30)) == "5 Dez"
        assert format_moment(december, timedelta(days=900)) == "Dez 2026"
    assert format_moment(december, timedelta(days=30)) == "5 Dec"
