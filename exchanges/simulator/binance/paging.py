"""What of a long list is answered: by time, and by page."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

from exchanges.simulator.binance import params as read
from exchanges.simulator.binance.errors import BinanceError
from exchanges.simulator.rate_limits.weight_limiter import DAY

Row = TypeVar("Row")


def between(
    rows: Sequence[Row], times: Sequence[int], params: Mapping[str, str], longest: int = DAY
) -> list[Row]:
    start, end = read.whole(params, "startTime"), read.whole(params, "endTime")
    if start is not None and end is not None and end - start > longest:
        hours = longest // 3_600_000
        raise BinanceError(-1127, f"More than {hours} hours between startTime and endTime.")
    return [
        row
        for row, time in zip(rows, times, strict=True)
        if (start is None or time >= start) and (end is None or time <= end)
    ]


def page(rows: list[Row], params: Mapping[str, str], first: int | None) -> list[Row]:
    """From the start if a start was asked for, else the newest; always oldest first."""
    limit = read.limit(params, 500, 1000)
    if first is not None or params.get("startTime"):
        return rows[:limit]
    return rows[-limit:]
