"""One side of an order book: users' resting orders by price, then by time."""

from bisect import insort
from collections.abc import Iterator
from decimal import Decimal

from exchanges.simulator.orders.orders import Order, Side


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
