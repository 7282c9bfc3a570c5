"""Binance's public streams, spot and USD-M: the day's ticker, and the best of the book. Pure."""

from collections.abc import Sequence
from functools import partial
from typing import Any, Final

from exchanges.through_ccxt.price_dialect import (
    BookTop,
    Dialect,
    Frame,
    LastPrice,
    PriceReport,
    make_level,
    parse_milliseconds,
)


def _stream_url(market: str, client: Any, channel: str) -> str:
    """Futures have an address for each kind of channel; the number is any."""
    kind: str = client.get_ws_url(market, client.get_future_ws_category(channel))
    return f"{kind}/0"


def _build_request(begin: bool, channel: str, names: Sequence[str], number: int) -> Frame:
    streams = [f"{name.lower()}@{channel}" for name in names]
    return {"method": "SUBSCRIBE" if begin else "UNSUBSCRIBE", "params": streams, "id": number}


def _parse_frame(frame: Frame) -> PriceReport | None:
    if frame.get("e") == "24hrTicker":
        return LastPrice(frame["s"], frame["c"], parse_milliseconds(frame.get("E")))
    if "u" in frame and {"s", "b", "B", "a", "A"} <= frame.keys():  # spot's has no other mark
        bid, ask = make_level(frame["b"], frame["B"]), make_level(frame["a"], frame["A"])
        return BookTop(frame["s"], bid, ask, parse_milliseconds(frame.get("E")))
    return None


def _find_refusal(frame: Frame) -> str:
    error = frame.get("error")
    return f"{error.get('msg')} ({error.get('code')})" if isinstance(error, dict) else ""


def _make_dialect(market: str) -> Dialect:
    return Dialect(
        channels=("ticker", "bookTicker"),
        address=partial(_stream_url, market),
        request=_build_request,
        read=_parse_frame,
        refusal=_find_refusal,
        at_once=100,
        requests=(4, 1.0),  # five are allowed, pings among them
    )


SPOT: Final = _make_dialect("spot")
USDM: Final = _make_dialect("linear")
