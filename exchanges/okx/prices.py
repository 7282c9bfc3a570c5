"""OKX's public streams: tickers, and the best of the book at every tick. Pure."""

from collections.abc import Sequence
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

ENDS: Final = frozenset({"error", "notice", "channel-conn-count-error"})


def _stream_url(client: Any, channel: str) -> str:
    url: str = client.get_url(channel, "public")
    return url


def _build_request(begin: bool, channel: str, names: Sequence[str], number: int) -> Frame:
    args = [{"channel": channel, "instId": name} for name in names]
    return {"op": "subscribe" if begin else "unsubscribe", "args": args}


def _parse_frame(frame: Frame) -> PriceReport | None:
    """Read a ticker or the top of the book; a frame without rows only confirms a subscription."""
    about, rows = frame.get("arg") or {}, frame.get("data")
    if not rows:
        return None
    name, row = about.get("instId", ""), rows[-1]
    at = parse_milliseconds(row.get("ts"))
    if about.get("channel") == "tickers":
        return LastPrice(name, row["last"], at)
    if about.get("channel") == "bbo-tbt":
        return BookTop(name, _best_level(row["bids"]), _best_level(row["asks"]), at)
    return None


def _best_level(levels: Sequence[Sequence[str]]) -> Level:
    return make_level(levels[0][0], levels[0][1]) if levels else NO_LEVEL


def _find_refusal(frame: Frame) -> str:
    if frame.get("event") not in ENDS:
        return ""
    return f"{frame.get('msg') or frame['event']} ({frame.get('code')})"


PUBLIC: Final = Dialect(
    channels=("tickers", "bbo-tbt"),
    address=_stream_url,
    request=_build_request,
    read=_parse_frame,
    refusal=_find_refusal,
    at_once=100,
    requests=(400, 3600.0),  # 480 an hour are allowed
)
