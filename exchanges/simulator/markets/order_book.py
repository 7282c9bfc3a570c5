"""Offers on one side of an order book: the house's price levels and users' resting orders."""

from bisect import insort
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from exchanges.simulator.decimals import ZERO, floor_to
from exchanges.simulator.markets.symbols import Symbol
from exchanges.simulator.orders.orders import Order, Side

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


def build_levels(symbol: Symbol, price: Decimal, liquidity: Liquidity, side: Side) -> list[Level]:
    sign = 1 if side == "SELL" else -1
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


class BookSide:
    def __init__(self, side: Side) -> None:
        self.side: Side = side
        self._orders: list[Order] = []

    def __iter__(self) -> Iterator[Order]:
        return iter(self._orders)

    def __len__(self) -> int:
        return len(self._orders)

    def add(self, order: Order) -> None:
        insort(self._orders, order, key=self._sort_key)

    def remove(self, order: Order) -> None:
        self._orders.remove(order)

    def best_price(self) -> Decimal | None:
        return self._orders[0].price if self._orders else None

    def find_crossed(self, price: Decimal) -> list[Order]:
        """Return the orders that this market price touches or passes."""
        if self.side == "BUY":
            return [order for order in self._orders if order.price >= price]
        return [order for order in self._orders if order.price <= price]

    def _sort_key(self, order: Order) -> tuple[Decimal, int]:
        return (-order.price if self.side == "BUY" else order.price, order.sequence)
