"""Orders that wait in a book of their own: their words, and how they are found."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Literal

from exchanges.simulator.orders.orders import NewOrder, Order
from exchanges.simulator.orders.triggers import Trigger

WaitingStatus = Literal["NEW", "TRIGGERED", "CANCELED", "EXPIRED", "REJECTED"]
WaitingEventKind = Literal["NEW", "TRIGGERED", "CANCELED", "EXPIRED", "REJECTED", "AMENDED"]
FIRST_WAITING_ID = 9_000_001


@dataclass(kw_only=True, eq=False)
class WaitingOrder:
    """An order apart from all others until its trigger fires; it holds no money meanwhile.

    `wish` is placed then, under the same client id. `became` is the id of that order, `reason`
    says why there is none.
    """

    id: int
    request: NewOrder
    trigger: Trigger
    created: int
    updated: int
    status: WaitingStatus = "NEW"
    triggered: int = 0
    order_id: int | None = None
    reason: str = ""

    @property
    def account(self) -> str:
        return self.request.account

    @property
    def symbol(self) -> str:
        return self.request.symbol

    @property
    def client_id(self) -> str:
        return self.request.client_id

    @property
    def is_open(self) -> bool:
        return self.status == "NEW"


@dataclass(frozen=True, kw_only=True)
class WaitingEvent:
    """One thing that happened to a waiting order, as it stood right after it."""

    kind: WaitingEventKind
    waiting: WaitingOrder
    time: int
    number: int

    @property
    def account(self) -> str:
        return self.waiting.account


class ConditionalOrders:
    """Both sorts: `waiting` apart with ids of their own, and orders that wait in the usual list."""

    def __init__(self) -> None:
        self.waiting: dict[int, WaitingOrder] = {}
        self.next_id = FIRST_WAITING_ID
        self._by_client: dict[tuple[str, str, str], WaitingOrder] = {}
        self._by_account: dict[str, list[WaitingOrder]] = defaultdict(list)
        self._open: dict[str, dict[int, WaitingOrder]] = defaultdict(dict)
        self._orders: dict[str, dict[int, Order]] = defaultdict(dict)

    def add(self, waiting: WaitingOrder) -> None:
        self.waiting[waiting.id] = waiting
        self._by_account[waiting.account].append(waiting)
        self._by_client[waiting.account, waiting.symbol, waiting.client_id] = waiting
        if waiting.is_open:
            self._open[waiting.symbol][waiting.id] = waiting

    def close(self, waiting: WaitingOrder) -> None:
        self._open[waiting.symbol].pop(waiting.id, None)

    def add_order(self, order: Order) -> None:
        self._orders[order.symbol][order.id] = order

    def remove_order(self, order: Order) -> None:
        self._orders[order.symbol].pop(order.id, None)

    def by_id(self, account: str, number: int) -> WaitingOrder | None:
        found = self.waiting.get(number)
        return found if found and found.account == account else None

    def by_client_id(self, account: str, symbol: str, client_id: str) -> WaitingOrder | None:
        """The newest of that name, whether it still waits or not."""
        return self._by_client.get((account, symbol, client_id))

    def list_waiting(self, account: str, symbol: str | None = None) -> list[WaitingOrder]:
        """All that ever waited, in the order of their placing."""
        return [one for one in self._by_account[account] if symbol in (None, one.symbol)]

    def list_open(self, account: str, symbol: str | None = None) -> list[WaitingOrder]:
        return [one for one in self.list_waiting(account, symbol) if one.is_open]

    def list_for_symbol(self, symbol: str) -> list[WaitingOrder | Order]:
        """Whoever waits for a price of this market, in the order of their placing."""
        return [*self._orders[symbol].values(), *self._open[symbol].values()]
