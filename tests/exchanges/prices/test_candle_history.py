"""A long history of candles, page by page, as back-tests read it at each venue."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from exchanges import pool
from exchanges.prices import candle_history
from exchanges.prices.chart_candles import CandleData
from exchanges.simulator.engine.market_history import MAX_CANDLES
from tests.exchanges.prices.price_watch import MARKETS, SPOT, paper_name
from tests.simulator import SimulatorProcess

pytestmark = pytest.mark.usefixtures("empty_redis", "simulator")
everywhere = pytest.mark.parametrize(("venue", "kind"), MARKETS)
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _no_calls_left() -> Iterator[None]:
    yield
    pool.close()


def read(instrument: str, since: datetime, until: datetime) -> list[CandleData]:
    pages = candle_history.read_pages(instrument, "1m", since, until, now=timezone.now())
    return [candle for page in pages for candle in page]


def minutes_ago(minutes: int) -> datetime:
    return timezone.now().replace(second=0, microsecond=0) - minutes * MINUTE


def list_begins(candles: list[CandleData]) -> list[datetime]:
    return [datetime.fromisoformat(candle["at"]) for candle in candles]


@everywhere
def test_every_minute_of_several_pages_is_read_once_and_in_order(venue: str, kind: str) -> None:
    since = minutes_ago(700)
    begins = list_begins(read(paper_name(venue, kind), since, since + 650 * MINUTE))
    assert begins == [since + number * MINUTE for number in range(650)]


@everywhere
def test_a_venue_that_sends_less_than_a_page_is_asked_for_the_rest(
    venue: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """OKX sends the newest 300 of 700, Binance the oldest 1000: a page is more than either."""
    monkeypatch.setattr(candle_history, "PAGE", 700)
    since = minutes_ago(750)
    begins = list_begins(read(paper_name(venue, kind), since, since + 700 * MINUTE))
    assert begins == [since + number * MINUTE for number in range(700)]


@everywhere
def test_a_history_that_begins_later_and_the_minute_that_is_not_over(venue: str, kind: str) -> None:
    """What the venue has no candle of is left out, and a candle counts when it has ended."""
    now = timezone.now()
    begins = list_begins(read(paper_name(venue, kind), minutes_ago(MAX_CANDLES + 250), now))
    assert begins[-1] <= now - MINUTE
    assert begins == [begins[0] + number * MINUTE for number in range(len(begins))]
    assert MAX_CANDLES - 5 < len(begins) <= MAX_CANDLES


def test_pages_that_are_over_are_asked_for_once(simulator: SimulatorProcess) -> None:
    since = minutes_ago(700)
    first = read(SPOT, since, since + 300 * MINUTE)
    asked = simulator.control.get("state")["endpoints"]
    assert read(SPOT, since, since + 300 * MINUTE) == first
    assert simulator.control.get("state")["endpoints"] == asked
