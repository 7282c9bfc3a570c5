"""The types of fields that have a name of their own in schemas and TypeScript."""

from typing import Annotated, Literal, TypedDict

Level = Literal["info", "success", "warning", "error"]
Money = Annotated[str, "money"]  # a decimal number with every digit, never a float
Time = Annotated[str, "time"]  # ISO 8601 in UTC, such as 2026-11-21T09:30:00.000000Z
Instrument = Annotated[str, "instrument"]  # such as binance.spot:BTC/USDT; see socket/parsing.py


class Shape(TypedDict):
    """Any declared shape. A type checker accepts each of them for it, and no plain dict."""


Category = Literal[
    "fills", "orders", "bots", "keys", "alerts", "signals", "security", "reports", "operations"
]
