"""The best levels of an order book: a worker asks the venue, and all who look share the answer."""

from typing import Any, Final, TypedDict

from django.core.cache import cache

from exchanges import worker_calls

TASK: Final = "exchanges.read_depth"
LEVELS: Final = 12
ANSWER_SECONDS: Final = 4.0
KEPT_SECONDS: Final = 2
LATE: Final = "The best bid and ask are shown as they are heard."


class BookLevelData(TypedDict):
    """A price at which orders wait in the book, and for how much together."""

    price: str
    quantity: str


class DepthData(TypedDict):
    """The best levels of a book, the best first, and when they were so."""

    bids: list[BookLevelData]
    asks: list[BookLevelData]
    at: str


def read_depth(instrument: str) -> DepthData:
    """Return the best levels, at most two seconds old; raise CallError if nobody can say."""
    kept: DepthData | None = cache.get(cache_name(instrument))
    if kept is not None:
        return kept
    answer: dict[str, Any] = worker_calls.call_worker(
        TASK, instrument, seconds=ANSWER_SECONDS, expires=ANSWER_SECONDS, if_late=LATE
    )
    depth: DepthData = answer["depth"]
    return depth


def keep_depth(instrument: str, depth: DepthData) -> None:
    cache.set(cache_name(instrument), depth, KEPT_SECONDS)


def cache_name(instrument: str) -> str:
    return f"depth:{instrument}"
