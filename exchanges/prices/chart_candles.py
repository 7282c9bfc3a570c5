"""Candles for charts: a worker asks the venue, and all who look share the answer for a while."""

from collections.abc import Iterable
from typing import Any, Final, TypedDict

from django.core.cache import cache
from redis.exceptions import RedisError

from exchanges import worker_calls

TASK: Final = "exchanges.read_chart_candles"
LENGTHS: Final = {"1m": 60, "5m": 300, "15m": 900, "1h": 3600, "4h": 14_400, "1d": 86_400}
DEFAULT_LENGTH: Final = "15m"
CANDLES: Final = 300
ANSWER_SECONDS: Final = 6.0
LEAST_KEPT, MOST_KEPT = 10, 120  # seconds; prices by socket draw the newest candle meanwhile
LATE: Final = "The chart shows what is heard from now on."


class CandleData(TypedDict):
    """One candle; `volume` is in the base currency, or in contracts."""

    at: str
    open: str
    high: str
    low: str
    close: str
    volume: str


def read_candles(instrument: str, length: str) -> list[CandleData]:
    """Return the newest candles, oldest first; raise CallError if nobody can say."""
    kept: list[CandleData] | None = cache.get(cache_name(instrument, length))
    if kept is not None:
        return kept
    answer: dict[str, Any] = worker_calls.call_worker(
        TASK, instrument, length, seconds=ANSWER_SECONDS, expires=ANSWER_SECONDS, if_late=LATE
    )
    candles: list[CandleData] = answer["candles"]
    return candles


def find_candles(instrument: str, length: str) -> list[CandleData] | None:
    """Return the candles if they are at hand; else have a worker read them, without waiting."""
    kept: list[CandleData] | None = cache.get(cache_name(instrument, length))
    if kept is None and cache.add(f"{cache_name(instrument, length)}:asked", "1", LEAST_KEPT):
        worker_calls.queue_task(TASK, instrument, length, "")
    return kept


def list_kept(instruments: Iterable[str], length: str) -> dict[str, list[CandleData]]:
    """Return the candles that are at hand, by instrument; nobody is asked for others."""
    names = {cache_name(instrument, length): instrument for instrument in instruments}
    try:
        kept: dict[str, list[CandleData]] = cache.get_many(names)
    except RedisError:  # a page is shown without them
        return {}
    return {names[name]: candles for name, candles in kept.items()}


def keep_candles(instrument: str, length: str, candles: list[CandleData]) -> None:
    seconds = min(max(LENGTHS[length] // 6, LEAST_KEPT), MOST_KEPT)
    cache.set(cache_name(instrument, length), candles, seconds)


def cache_name(instrument: str, length: str) -> str:
    return f"candles:{instrument}:{length}"
