"""Bybit's public streams, one for each category: tickers, and a book of one level. Pure."""

from collections.abc import Sequence
from decimal import Decimal
from functools import partial
from typing import Any, Final

from exchanges.through_ccxt.price_dialect import (
    NO_LEVEL,
    BookTop,
    Dialect,
    Frame,
    LastPrice,
    Level,
    PriceReport,
    make_level,
    parse_milliseconds,
)

BOOK: Final = "orderbook.1"


def _stream_url(category: str, client: Any, channel: str) -> str:
    url: str = client.implode_hostname(client.urls["api"]["ws"]["public"][category])
    return url


def _build_request(begin: bool, channel: str, names: Sequence[str], number: int) -> Frame:
    topics = [f"{channel}.{name}" for name in names]
    act = "subscribe" if begin else "unsubscribe"
    return {"op": act, "args": topics, "req_id": str(number)}


def _parse_frame(frame: Frame) -> PriceReport | None:
    channel, _, name = str(frame.get("topic", "")).rpartition(".")
    data, at = frame.get("data"), parse_milliseconds(frame.get("ts"))
    if not isinstance(data, dict):
        return None
    if channel == "tickers":  # a later one says only what has changed
        return LastPrice(name, data["lastPrice"], at) if data.get("lastPrice") else None
    if channel == BOOK:
        is_snapshot = frame.get("type") == "snapshot"
        return BookTop(
            name,
            _parse_level(data.get("b"), is_snapshot),
            _parse_level(data.get("a"), is_snapshot),
            at,
        )
    return None


def _parse_level(levels: Sequence[Sequence[str]] | None, is_snapshot: bool) -> Level | None:
    """A level that is gone is told with the amount zero, beside the one that came instead."""
    standing = [level for level in levels or () if Decimal(level[1])]
    if standing:
        return make_level(standing[-1][0], standing[-1][1])
    return NO_LEVEL if levels or is_snapshot else None


def _find_refusal(frame: Frame) -> str:
    return str(frame.get("ret_msg")) if frame.get("success") is False else ""


def _make_dialect(category: str) -> Dialect:
    return Dialect(
        channels=("tickers", BOOK),
        address=partial(_stream_url, category),
        request=_build_request,
        read=_parse_frame,
        refusal=_find_refusal,
        at_once=10,
        requests=(10, 1.0),
    )


SPOT: Final = _make_dialect("spot")
LINEAR: Final = _make_dialect("linear")
