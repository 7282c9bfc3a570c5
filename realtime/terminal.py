"""A user's orders in a terminal, as they change."""

from collections.abc import Iterable
from typing import Any

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

SHOWN = 30
DOTS = {"live": "green", "connecting": "yellow", "waiting": "red"}
OVER = frozenset({"filled", "canceled", "expired", "rejected", "denied"})


class Screen:
    """What is known, and how it is drawn; the newest change on top."""

    def __init__(self, user: str) -> None:
        self._user = user
        self._state, self._words = "connecting", ""
        self._orders: dict[int, dict[str, Any]] = {}
        self._live = Live(console=Console(), refresh_per_second=8, get_renderable=self.draw)

    def __enter__(self) -> "Screen":
        self._live.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._live.stop()

    def become(self, state: str, words: str) -> None:
        self._state, self._words = state, words

    def replace(self, orders: Iterable[dict[str, Any]]) -> None:
        self._orders = {order["id"]: order for order in orders}

    def take(self, frame: dict[str, Any]) -> None:
        data = frame["data"]
        match frame["type"]:
            case "order_update" | "order_filled":
                self._order(data)
                self._words = f"at {frame['seq']}"
            case "orders_checked":
                for number in data["orders"]:
                    if order := self._orders.get(number):
                        order["checked_at"] = data["checked_at"]

    def _order(self, order: dict[str, Any]) -> None:
        known = self._orders.pop(order["id"], order)
        self._orders[order["id"]] = max(known, order, key=lambda one: one["version"])

    def draw(self) -> Group:
        head = Text.assemble(
            ("● ", DOTS.get(self._state, "red")), f"{self._user}  {self._state}  {self._words}"
        )
        table = Table(box=None, pad_edge=False)
        for title in ("Order", "Key", "Symbol", "Side", "Type"):
            table.add_column(title)
        for title in ("Price", "Filled", "Of"):
            table.add_column(title, justify="right")
        for title in ("Status", "Checked"):
            table.add_column(title)
        for order in list(reversed(self._orders.values()))[:SHOWN]:
            table.add_row(*_cells(order), style="dim" if order["status"] in OVER else "")
        return Group(head, table)


def _cells(order: dict[str, Any]) -> list[str]:
    label = f"{order['key_label']} (SIMULATED)" if order["simulated"] else order["key_label"]
    price = order["average_price"] or order["price"] or "market"
    checked = (order["checked_at"] or "never")[11:19] or "never"
    return [
        str(order["id"]),
        label,
        order["symbol"],
        order["side"],
        order["type"],
        price,
        order["filled"],
        order["quantity"],
        order["status"].replace("_", " "),
        checked,
    ]
