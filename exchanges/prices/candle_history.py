"""Read a venue's past candles over a long time, page by page. Only workers load this: ccxt.

Pages that are over do not change, so they are kept for a while: a second look at the same time, and
one that goes on after the price budget was spent, ask the venue for nothing twice.
"""

from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.core.cache import cache
from django.utils import timezone

from exchanges.instruments import Instrument, parse
from exchanges.prices.candle_query import candle_data
from exchanges.prices.candles import query_candles
from exchanges.prices.chart_candles import LENGTHS, CandleData
from exchanges.through_ccxt.client import CcxtAdapter

PAGE: Final = 300  # candles; some venues send fewer at a time
KEEP_SECONDS: Final = 3600
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def read_pages(
    instrument: str, length: str, since: datetime, until: datetime, *, now: datetime
) -> Iterator[list[CandleData]]:
    """Yield the candles that begin from `since` and end by `until`, oldest first.

    Raises VenueError when the venue cannot be asked now; the pages before it stay known.
    """
    step = timedelta(seconds=LENGTHS[length])
    start, parsed = _floor_time(since, step * PAGE), parse(instrument)
    while start < until:
        page = _read_page(parsed, length, start, step, now=now)
        yield [
            candle
            for candle in page
            if since <= (at := datetime.fromisoformat(candle["at"])) and at + step <= until
        ]
        start += step * PAGE


def _read_page(
    instrument: Instrument, length: str, start: datetime, step: timedelta, *, now: datetime
) -> list[CandleData]:
    name = f"candle-page:{instrument}:{length}:{start:%Y%m%d%H%M}"
    kept: list[CandleData] | None = cache.get(name)
    if kept is not None:
        return kept
    end = start + step * PAGE
    rows = _fetch_span(instrument, length, start, end, now=now)
    page = [rows[at] for at in sorted(rows)]
    if end <= now:
        cache.set(name, page, KEEP_SECONDS)
    return page


def _fetch_span(
    instrument: Instrument, length: str, start: datetime, end: datetime, *, now: datetime
) -> dict[datetime, CandleData]:
    """Fetch the candles of a span, however few of them the venue sends at a time.

    Of more than fit an answer some venues send the oldest, others the newest. So what an answer
    leaves out before and after it is asked for too, until there is nothing.
    """
    step, rows = timedelta(seconds=LENGTHS[length]), dict[datetime, CandleData]()
    spans = [(start, end)]
    while spans:
        since, until = spans.pop()
        if since >= min(until, now):
            continue
        fetch = _fetch_rows(instrument.symbol, length, since, until)
        answer = query_candles(instrument.venue_market, fetch, now=now)
        candles = (candle_data(row) for row in answer if all(row[:5]))
        begins = {datetime.fromisoformat(candle["at"]): candle for candle in candles}
        fresh = {at: candle for at, candle in begins.items() if since <= at < until}
        if fresh:
            rows |= fresh
            spans += [(since, min(fresh)), (max(fresh) + step, until)]
    return rows


def _floor_time(at: datetime, step: timedelta) -> datetime:
    return at - (at - EPOCH) % step


def _fetch_rows(
    symbol: str, length: str, since: datetime, end: datetime
) -> Callable[[Any], Awaitable[Any]]:
    first, last = round(since.timestamp() * 1000), round(end.timestamp() * 1000) - 1

    async def ask(client: Any) -> Any:
        adapter = CcxtAdapter(client, clock=timezone.now)
        return await adapter.call_ccxt(
            lambda: client.fetch_ohlcv(symbol, length, first, PAGE, {"until": last})
        )

    return ask
