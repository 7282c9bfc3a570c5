"""A user's orders in a terminal, as they change; when it is not live it says since when."""

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Literal

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

SHOWN, LINES = 30, 8
LATE_SECONDS = 30.0  # then the age of a check or a price is yellow
SILENT_SECONDS = 28.0  # a server that is well says something every 25
DOTS = {
    "live": "green",
    "delayed": "yellow",
    "connecting": "yellow",
    "waiting": "red",
    "stopped": "red",
}
OVER = frozenset({"filled", "canceled", "expired", "rejected", "denied"})
KEY_ENDS = frozenset({"key_deleted", "key_unshared"})
HEADS: Mapping[str, Literal["left", "right"]] = {
    **{"Order": "left", "Key": "left", "Symbol": "left", "Side": "left", "Type": "left"},
    **{"Price": "right", "Filled": "right", "Of": "right"},
    **{"Status": "left", "Checked": "right"},
}
Data = dict[str, Any]


class TerminalScreen:
    """A screen of orders and prices, with the newest change on top."""

    def __init__(
        self,
        user: str,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        heard_at: Callable[[], float | None] = lambda: None,
        orders: bool = True,
    ) -> None:
        self._user, self._now, self._has_orders = user, now, orders
        self._heard_at = heard_at
        self._state, self._message = "connecting", ""
        self._retry_at: float | None = None
        self._true_at: datetime | None = None  # until when all that is shown was so
        self._orders: dict[int, Data] = {}
        self._prices: dict[str, Data] = {}
        self._lines: deque[str] = deque(maxlen=LINES)
        self._live = Live(console=Console(), refresh_per_second=4, get_renderable=self.draw_screen)

    def __enter__(self) -> "TerminalScreen":
        self._live.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._live.stop()

    # What is heard

    def set_state(self, state: str, message: str, retry_at: float | None = None) -> None:
        if self._state == "live" and state != "live":
            self._true_at = self._now()
        self._state, self._message, self._retry_at = state, message, retry_at

    def replace_orders(self, orders: Iterable[Data]) -> None:
        self._orders = {order["id"]: order for order in orders}
        self._true_at = self._now()

    def apply_frame(self, frame: Data) -> None:
        data = frame["data"]
        match frame["type"]:
            case "order_update" | "order_filled":
                self._apply_order(data)
            case "orders_checked":
                for number in data["orders"]:
                    if order := self._orders.get(number):
                        order["checked_at"] = data["checked_at"]
            case "price_update" | "book_update":
                known = self._prices.get(data["instrument"], {})
                self._prices[data["instrument"]] = known | data
            case "live" | "reset":
                pass
            case kind:
                if kind in KEY_ENDS:
                    self._forget_key(data["id"])
                self._lines.append(f"{self._now():%H:%M:%S}  {kind}  {_format_fields(data)}")
        if "seq" in frame and self._state == "live":
            self._message = f"at {frame['seq']}"

    def _apply_order(self, order: Data) -> None:
        known = self._orders.pop(order["id"], order)
        self._orders[order["id"]] = max(known, order, key=lambda order: order["version"])
        if order["status"] in OVER:
            self._forget_ended()

    def _forget_key(self, key_id: int) -> None:
        """Forget the orders of a key that is gone, or is not shared any more: no event follows."""
        self._orders = {
            number: order for number, order in self._orders.items() if order["key"] != key_id
        }

    def _forget_ended(self) -> None:
        """Forget the oldest ended orders, of which no more than fit are shown, or weeks add up."""
        ended = [number for number, order in self._orders.items() if order["status"] in OVER]
        for number in ended[:-SHOWN]:
            del self._orders[number]

    # What is drawn

    def draw_screen(self) -> Group:
        parts: list[RenderableType] = [self._draw_head()]
        if self._prices:
            parts.append(self._draw_prices())
        if self._orders:
            parts.append(self._draw_orders())
        elif self._has_orders and self._true_at:
            parts.append(Text("No open orders.", style="dim"))
        parts.extend(_escape_text(line, style="dim") for line in self._lines)
        return Group(*parts)

    def _draw_head(self) -> Text:
        state, message = self._state, self._message
        heard_at = self._heard_at()
        silent = self._now().timestamp() - heard_at if heard_at and state == "live" else 0.0
        if silent > SILENT_SECONDS:
            state, message = "delayed", f"nothing was heard for {silent:.0f} s"
        if self._retry_at is not None:
            left = max(0.0, self._retry_at - self._now().timestamp())
            message = f"reconnecting in {left:.0f} s"
        head = Text.assemble(("● ", DOTS.get(state, "red")), f"{self._user}  {state}  {message}")
        if state not in ("live", "delayed") and self._true_at:
            age = _format_age(self._true_at, self._now())
            then = f"{self._true_at:%H:%M:%S} UTC"
            head.append(f"  what is shown was true {age} ago, at {then}", "bold")
        return head

    def _draw_prices(self) -> Table:
        table = Table(box=None, pad_edge=False)
        table.add_column("Instrument")
        for title in ("Last", "Bid", "Ask", "Age"):
            table.add_column(title, justify="right")
        for name, price in sorted(self._prices.items()):
            label = f"{name} (SIMULATED)" if price["simulated"] else name
            age = self._draw_age(price["at"], is_late=price["stale"])
            if price["stale"]:
                age.append(", stale")
            cells = [price.get(side) or "" for side in ("last", "bid", "ask")]
            table.add_row(
                _escape_text(label),
                *map(_escape_text, cells),
                age,
                style="dim" if price["stale"] else "",
            )
        return table

    def _draw_orders(self) -> Table:
        table = Table(box=None, pad_edge=False)
        for title, side in HEADS.items():
            table.add_column(title, justify=side)
        for order in list(reversed(self._orders.values()))[:SHOWN]:
            is_over = order["status"] in OVER
            checked = Text("") if is_over else self._draw_age(order["checked_at"])
            table.add_row(
                *map(_escape_text, _order_cells(order)), checked, style="dim" if is_over else ""
            )
        if (more := len(self._orders) - SHOWN) > 0:
            table.add_row(Text(f"and {more} more", style="dim"))
        return table

    def _draw_age(self, moment: str | None, *, is_late: bool = False) -> Text:
        if moment is None:
            return Text("never", style="yellow")
        then = datetime.fromisoformat(moment)
        is_late = is_late or (self._now() - then).total_seconds() > LATE_SECONDS
        return Text(f"{_format_age(then, self._now())} ago", style="yellow" if is_late else "")


def _escape_text(text: str, style: str = "") -> Text:
    """Make foreign text harmless: no markup of ours, no commands to a terminal."""
    safe = "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text)
    return Text(safe, style=style)


def _format_age(then: datetime, now: datetime) -> str:
    seconds = max(0.0, (now - then).total_seconds())
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.0f} h"


def _format_fields(data: Data) -> str:
    """Format an event's fields that are not empty, in their order."""
    plain = [f"{name} {value}" for name, value in data.items() if value not in (None, "", [], {})]
    return ", ".join(plain)


def _order_cells(order: Data) -> list[str]:
    label = f"{order['key_label']} (SIMULATED)" if order["simulated"] else order["key_label"]
    price = order["average_price"] or order["price"] or "market"
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
    ]
