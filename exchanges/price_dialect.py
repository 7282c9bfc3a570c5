"""How a venue's public streams are asked, and what they say: one of these for each venue. Pure."""

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
    """The best bid and the best ask; None is as before."""

    name: str
    bid: Level | None
    ask: Level | None
    at: int | None


PriceReport = LastPrice | BookTop


@dataclass(frozen=True, kw_only=True, slots=True)
class Dialect:
    """A channel tells one thing of each instrument that it was asked for, by the venue's names."""

    channels: Sequence[str]
    address: Callable[[Any, str], str]  # of a channel, as ccxt has it
    request: Callable[[bool, str, Sequence[str], int], Frame]  # begin or end, what, which, number
    read: Callable[[Frame], PriceReport | None]
    refusal: Callable[[Frame], str]  # the venue's words; empty if it is none
    at_once: int  # instruments in one request
    requests: tuple[int, float]  # so many may be sent on one socket, in so many seconds


def make_level(price: Any, amount: Any) -> Level:
    """Venues say zero, or nothing, where there is nobody."""
    return (str(price), str(amount)) if price and amount else NO_LEVEL


def parse_milliseconds(value: Any) -> int | None:
    return int(value) if value else None
