"""The last 24 hours of a market, from hourly candles."""

from exchanges.prices.chart_candles import CandleData
from orders.web.charts.market_day import build_day


def list_candles(*closes: int) -> list[CandleData]:
    return [
        CandleData(at="", open=str(price), high="0", low="0", close=str(price), volume="0.5")
        for price in closes
    ]


def test_the_change_begins_a_day_ago_and_the_line_fills_its_box() -> None:
    day = build_day(list_candles(7, 100, *[110] * 23, 90), is_spot=True)
    assert day is not None
    assert (day.change, day.way, day.volume) == ("\N{MINUS SIGN}10.00 %", "down", "12")
    assert day.points.split()[0] == "0.0,10.0"
    assert day.points.split()[-1] == "96.0,20.0"


def test_a_market_younger_than_a_day_says_nothing() -> None:
    assert build_day(list_candles(*[1] * 24), is_spot=True) is None
    flat = build_day(list_candles(*[1] * 25), is_spot=False)
    assert flat is not None
    assert (flat.change, flat.way, flat.volume) == ("0.00 %", "", "")
