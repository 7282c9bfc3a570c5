"""Bybit's public streams, one for each category: tickers, and a book of one level. Pure."""

from collections.abc import Sequence
from decimal import Decimal
from functools import partial
from typing import Any, Final

from exchanges.price_dialect import (
    NO_LEVEL,
    BookTop,
    Dialect,
    Frame,
    LastPrice,
    Level,
    PriceReport,
    best,
    milliseconds,
)

BOOK: Final = "orderbook.1"


def _address(category: str, client: Any, channel: str) -> str:
    url: str = client.implode_hostname(client.urls["api"]["ws"]["public"][category])
    return url


def _request(begin: bool, channel: str, names: Sequence[str], number: int) -> Frame:
    topics = [f"{channel}.{name}" for name in names]
    act = "subscribe" if begin else "unsubscribe"
    return {"op": act, "args": topics, "req_id": str(number)}


def _read(frame: Frame) -> PriceReport | None:
    channel, _, name = str(frame.get("topic", "")).rpartition(".")
    data, at = frame.get("data"), milliseconds(frame.get("ts"))
    if not isinstance(data, dict):
        return None
    if channel == "tickers":  # a later one says only what has changed
        return LastPrice(name, data["lastPrice"], at) if data.get("lastPrice") else None
    if channel == BOOK:
        whole = frame.get("type") == "snapshot"
        return BookTop(name, _level(data.get("b"), whole), _level(data.get("a"), whole), at)
    return None


def _level(levels: Sequence[Sequence[str]] | None, whole: bool) -> Level | None:
    """A level that is gone is told with the amount zero, beside the one that came instead."""
    standing = [level for level in levels or () if Decimal(level[1])]
    if standing:
        return best(standing[-1][0], standing[-1][1])
    return NO_LEVEL if levels or whole else None


def _refusal(frame: Frame) -> str:
    return str(frame.get("ret_msg")) if frame.get("success") is False else ""


def _dialect(category: str) -> Dialect:
    return Dialect(
        channels=("tickers", BOOK),
        address=partial(_address, category),
        request=_request,
        read=_read,
        refusal=_refusal,
        at_once=10,
        requests=(10, 1.0),
    )


SPOT: Final = _dialect("spot")
LINEAR: Final = _dialect("linear")
