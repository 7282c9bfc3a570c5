"""Changes that owners made to their orders by an API."""

from collections import deque
from dataclasses import dataclass
from decimal import Decimal

from exchanges.simulator.orders.orders import Order

MOST_AMENDMENTS = 10_000


@dataclass(frozen=True)
class Terms:
    client_id: str
    price: Decimal
    quantity: Decimal


@dataclass(frozen=True)
class Amendment:
    """One change of an order: its terms before and after."""

    number: int
    account: str
    symbol: str
    order_id: int
    before: Terms
    after: Terms
    time: int


class Amendments:
    """The latest changes of all accounts; they live in memory."""

    def __init__(self) -> None:
        self._amendments: deque[Amendment] = deque(maxlen=MOST_AMENDMENTS)
        self._count = 0

    def add(self, before: Terms, order: Order, now: int) -> Amendment:
        self._count += 1
        ids = (self._count, order.account, order.symbol, order.id)
        amendment = Amendment(*ids, before, copy_terms(order), now)
        self._amendments.append(amendment)
        return amendment

    def list_of_order(self, account: str, symbol: str, order_id: int) -> list[Amendment]:
        """List the changes of one order, oldest first."""
        wanted = (account, symbol, order_id)
        return [a for a in self._amendments if (a.account, a.symbol, a.order_id) == wanted]


def copy_terms(order: Order) -> Terms:
    return Terms(order.client_id, order.price, order.quantity)
