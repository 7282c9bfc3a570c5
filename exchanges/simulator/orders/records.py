"""Records of orders and fills, with indexes by account, id and client id."""

from collections import defaultdict

from exchanges.simulator.decimals import ZERO
from exchanges.simulator.orders.orders import Fill, Order


class OrderRecords:
    def __init__(self) -> None:
        self.orders: dict[tuple[str, int], Order] = {}
        self.fills: list[Fill] = []
        self._by_account: dict[str, list[Order]] = defaultdict(list)
        self._open: dict[str, dict[tuple[str, int], Order]] = defaultdict(dict)
        self._by_client: dict[tuple[str, str, str], Order] = {}
        self._fills_by_account: dict[str, list[Fill]] = defaultdict(list)
        self._fills_by_order: dict[tuple[str, int, str], list[Fill]] = defaultdict(list)

    def add_order(self, order: Order) -> None:
        if (order.symbol, order.id) not in self.orders:
            self._by_account[order.account].append(order)
        self.orders[order.symbol, order.id] = order
        self._by_client[order.account, order.symbol, order.client_id] = order
        if order.is_open:
            self._open[order.account][order.symbol, order.id] = order

    def rename_order(self, order: Order, client_id: str) -> str:
        """Give an order another client id, and return the former one, which finds it no more."""
        former = order.client_id
        if former == client_id:
            return ""
        del self._by_client[order.account, order.symbol, former]
        order.client_id = client_id
        self._by_client[order.account, order.symbol, client_id] = order
        return former

    def close_order(self, order: Order) -> None:
        self._open[order.account].pop((order.symbol, order.id), None)

    def add_fill(self, fill: Fill) -> None:
        self.fills.append(fill)
        self._fills_by_account[fill.account].append(fill)
        self._fills_by_order[fill.symbol, fill.order_id, fill.account].append(fill)

    def by_id(self, account: str, symbol: str, order_id: int) -> Order | None:
        order = self.orders.get((symbol, order_id))
        return order if order and order.account == account else None

    def by_client_id(self, account: str, symbol: str, client_id: str) -> Order | None:
        """Return the newest order with that client id; an id is free again once its order ended."""
        return self._by_client.get((account, symbol, client_id))

    def list_open_orders(self, account: str, symbol: str | None = None) -> list[Order]:
        orders = self._open[account].values()
        return [order for order in orders if symbol in (None, order.symbol)]

    def list_orders(self, account: str, symbol: str | None = None) -> list[Order]:
        return [order for order in self._by_account[account] if symbol in (None, order.symbol)]

    def list_fills(self, account: str, symbol: str | None = None) -> list[Fill]:
        return [fill for fill in self._fills_by_account[account] if symbol in (None, fill.symbol)]

    def list_order_fills(self, order: Order) -> list[Fill]:
        return self._fills_by_order.get((order.symbol, order.id, order.account), [])

    def list_counted_fills(self, order: Order) -> list[Fill]:
        """Return the fills that `order` counts; it may be a copy from between two fills."""
        quantity, fills = ZERO, []
        for fill in self.list_order_fills(order):
            quantity += fill.quantity
            if quantity > order.executed:
                break
            fills.append(fill)
        return fills

    def list_partners(self, order: Order) -> list[Order]:
        """Return the open orders that end with this one."""
        if order.list_id < 0:
            return []
        orders = self.list_open_orders(order.account, order.symbol)
        return [other for other in orders if other.list_id == order.list_id and other is not order]

    def list_members(self, account: str, list_id: int) -> list[Order]:
        return [order for order in self._by_account[account] if order.list_id == list_id]

    def count_open(self) -> int:
        return sum(len(orders) for orders in self._open.values())
