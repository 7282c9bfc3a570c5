"""The strategies that a bot can have. A new one: copy a file, and add its line here."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Protocol, cast

from bots.strategies import dca, dip, grid, manual, momentum, scalper
from bots.strategies.types import Intent, Lanes, Market, Needs, Position


class Strategy(Protocol):
    """What each file offers."""

    LABEL: str
    DOES: str  # in a sentence, for whoever chooses
    LOSES: str  # goes on from “Loses”
    Settings: type[Any]

    def check(self, settings: Any, market: Market) -> Iterator[tuple[str, str]]: ...

    def needs(self, settings: Any, market: Market) -> Needs: ...

    def decide(
        self, settings: Any, position: Position, lanes: Lanes, market: Market, now: datetime
    ) -> list[Intent]: ...


STRATEGIES: Mapping[str, Strategy] = cast(
    Mapping[str, Strategy],
    {
        "manual": manual,
        "scalper": scalper,
        "grid": grid,
        "dca": dca,
        "dip": dip,
        "momentum": momentum,
    },
)
