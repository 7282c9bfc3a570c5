"""The strategies that a bot can have. A new one: copy a file, and add its line here."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Protocol, cast

from bots.strategies import dca, dip, grid, manual, momentum, scalper
from bots.strategies.decisions import Intent, Market, Needs, Position, Slots


class StrategyModule(Protocol):
    """The interface of a strategy's module."""

    LABEL: str
    DOES: str  # one sentence for the person who chooses a strategy
    LOSES: str  # completes the sentence “Loses …”
    Settings: type[Any]

    def check_settings(self, settings: Any, market: Market) -> Iterator[tuple[str, str]]: ...

    def estimate_needs(self, settings: Any, market: Market) -> Needs: ...

    def decide(
        self, settings: Any, position: Position, slots: Slots, market: Market, now: datetime
    ) -> list[Intent]: ...


STRATEGIES: Mapping[str, StrategyModule] = cast(
    Mapping[str, StrategyModule],
    {
        "manual": manual,
        "scalper": scalper,
        "grid": grid,
        "dca": dca,
        "dip": dip,
        "momentum": momentum,
    },
)
