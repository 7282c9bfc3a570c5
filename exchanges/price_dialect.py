"""How a venue's public streams are asked, and what they say: one of these for each venue. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from exchanges.price_board import NONE, Level, Said

Frame = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Dialect:
    """A channel tells one thing of each instrument that it was asked for, by the venue's names."""

    channels: Sequence[str]
    address: Callable[[Any, str], str]  # of a channel, as ccxt has it
    request: Callable[[bool, str, Sequence[str], int], Frame]  # begin or end, what, which, number
    read: Callable[[Frame], Said | None]
    refusal: Callable[[Frame], str]  # the venue's words; empty if it is none
    at_once: int  # instruments in one request
    requests: tuple[int, float]  # so many may be sent on one socket, in so many seconds


def best(price: Any, amount: Any) -> Level:
    """Venues say zero, or nothing, where there is nobody."""
    return (str(price), str(amount)) if price and amount else NONE


def milliseconds(value: Any) -> int | None:
    return int(value) if value else None
