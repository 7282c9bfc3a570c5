"""The public price streams of a venue: how to subscribe, and how to read a frame. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

Frame = Mapping[str, Any]
Level = tuple[str, str]  # price and amount; empty texts where there is none
NO_LEVEL: Final[Level] = ("", "")


class LastPrice(NamedTuple):
    """The last price of an instrument, by its venue's name for it; `at` in milliseconds."""

    name: str
    last: str
    at: int | None


class BookTop(NamedTuple):
    """The best bid and ask of an instrument; None means unchanged."""

    name: str
    bid: Level | None
    ask: Level | None
    at: int | None


PriceReport = LastPrice | BookTop


@dataclass(frozen=True, kw_only=True, slots=True)
class Dialect:
    """A venue's price channels: how to subscribe to them, and how to read their frames."""

    channels: Sequence[str]
    address: Callable[[Any, str], str]  # of a channel, as ccxt has it
    request: Callable[[bool, str, Sequence[str], int], Frame]  # begin or end, what, which, number
    read: Callable[[Frame], PriceReport | None]
    refusal: Callable[[Frame], str]  # the venue's words; empty if it is none
    at_once: int  # instruments in one request
    requests: tuple[int, float]  # so many may be sent on one socket, in so many seconds


def make_level(price: Any, amount: Any) -> Level:
    """Return one side of the book; venues send zero, or nothing, where it is empty."""
    return (str(price), str(amount)) if price and amount else NO_LEVEL


def parse_milliseconds(value: Any) -> int | None:
    return int(value) if value else None
