"""How a market walks: how much, in which direction, and how much is traded meanwhile."""

from dataclasses import dataclass
from decimal import Decimal

STEPS_PER_HOUR = 7200  # two a second


@dataclass(frozen=True, kw_only=True)
class Regime:
    """Factors of the usual walk. While a trend lasts nothing pulls the price back."""

    volatility: Decimal = Decimal(1)
    trend: Decimal = Decimal(0)  # percent an hour
    volume: Decimal = Decimal(1)
    anchor: Decimal | None = None  # the price to which the walk leans; None: the first price

    @property
    def drift(self) -> float:
        """Return how much the price grows in one step, as a share of it."""
        return float(self.trend) / 100 / STEPS_PER_HOUR
