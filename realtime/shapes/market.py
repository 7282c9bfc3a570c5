"""The data of frames about an instrument, for its watchers."""

from __future__ import annotations

from typing import TypedDict

from realtime.shapes.fields import Instrument, Money, Time


class PriceData(TypedDict):
    """The latest price of an instrument; `stale` when its venue has gone quiet."""

    instrument: Instrument
    simulated: bool
    last: Money
    bid: Money | None
    ask: Money | None
    at: Time
    stale: bool


class BookData(TypedDict):
    """The best bid and the best ask of an instrument, with their amounts."""

    instrument: Instrument
    simulated: bool
    bid: Money | None
    bid_quantity: Money | None
    ask: Money | None
    ask_quantity: Money | None
    at: Time
    stale: bool
