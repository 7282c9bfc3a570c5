"""The house's offers: price levels with finite quantities on both sides of the price."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from exchanges.simulator.decimals import ZERO, floor_to
from exchanges.simulator.markets.symbols import Symbol
from exchanges.simulator.orders.orders import Side

LEVELS = 20
LEVEL_VALUE = Decimal(20000)
GAP = Decimal("0.0001")


@dataclass
class Level:
    price: Decimal
    quantity: Decimal


@dataclass(frozen=True)
class Liquidity:
    """The quantity on each level, in base currency, and the number of levels."""

    depth: Decimal
    levels: int = LEVELS


def default_liquidity(symbol: Symbol) -> Liquidity:
    value = LEVEL_VALUE if symbol.quote != "BTC" else LEVEL_VALUE / 64000
    return Liquidity(floor_to(value / symbol.start_price, symbol.step))


class PriceLevels:
    def __init__(self, symbol: Symbol, price: Decimal, liquidity: Liquidity) -> None:
        self._sides: dict[Side, list[Level]] = {
            "BUY": _build_levels(symbol, price, liquidity, -1),
            "SELL": _build_levels(symbol, price, liquidity, 1),
        }

    def iterate_levels(self, side: Side, bound: Decimal | None) -> Iterator[Level]:
        """Yield a side's levels, except those that would cross a user's order at `bound`."""
        for level in self._sides[side]:
            if level.quantity > 0 and not _crosses_bound(side, level.price, bound):
                yield level


def _crosses_bound(side: Side, price: Decimal, bound: Decimal | None) -> bool:
    if bound is None:
        return False
    return price >= bound if side == "BUY" else price <= bound


def _build_levels(symbol: Symbol, price: Decimal, liquidity: Liquidity, sign: int) -> list[Level]:
    gap = max(symbol.tick, floor_to(price * GAP, symbol.tick))
    levels = []
    for index in range(liquidity.levels):
        # The quantities follow a fixed saw pattern, so that the order book looks like a real one.
        share = 1 + Decimal((index * 7) % 5) / 10
        quantity = floor_to(liquidity.depth * share, symbol.step)
        at = price + sign * (symbol.tick + index * gap)
        if at > ZERO and quantity > ZERO:
            levels.append(Level(at, quantity))
    return levels
