"""Conditional orders with ids of their own, and the index of all conditional orders."""

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
    """An order kept apart from all others until its trigger fires; it locks no funds until then.

    Firing places `request` under the same client id. `order_id` is the id of that order; without
    one, `reason` says why.
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
    """A change of a waiting order, with a copy from right after it."""

    kind: WaitingEventKind
    waiting: WaitingOrder
    time: int
    number: int

    @property
    def account(self) -> str:
        return self.waiting.account


class ConditionalOrders:
    """An index of both kinds: waiting orders with their own ids, and orders with a trigger."""

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

    def by_client_id(self, account: str, symbol: str, client_id: str) -> WaitingOrder | None:
        """Return the newest waiting order with that client id, open or ended."""
        return self._by_client.get((account, symbol, client_id))

    def find_origin(self, order: Order) -> WaitingOrder | None:
        """Return the conditional order whose trigger placed this order."""
        origin = self.by_client_id(order.account, order.symbol, order.client_id)
        return origin if origin and origin.order_id == order.id else None

    def list_waiting(self, account: str, symbol: str | None = None) -> list[WaitingOrder]:
        """Return the account's waiting orders, ended ones too, oldest first."""
        return [w for w in self._by_account[account] if symbol in (None, w.symbol)]

    def list_for_symbol(self, symbol: str) -> list[WaitingOrder | Order]:
        """Return everything that waits for a price of this market, oldest first per kind."""
        return [*self._orders[symbol].values(), *self._open[symbol].values()]
