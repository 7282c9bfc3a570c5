"""The first values of an order's form: from its address, or from a past order."""

from collections.abc import Mapping
from typing import Any, Final

from orders.models import Order, Role
from realtime.values import format_money
from users.http import is_id
from users.models import User

FROM_ADDRESS: Final = ("key", "symbol", "side", "type", "price", "quantity")
COPIED: Final = (
    *("symbol", "side", "type", "time_in_force", "reduce_only"),
    *("quantity", "quote_amount", "price", "trigger_price", "trailing_percent"),
)
MAX_LENGTH: Final = 60


def read_initial(user: User, query: Mapping[str, str]) -> dict[str, Any]:
    """Return the values that an address names; a past order comes first, the rest changes it."""
    copied = _copy_order(user, query.get("from", ""))
    named = {name: query[name].replace("\x00", "") for name in FROM_ADDRESS if query.get(name)}
    return copied | {name: value for name, value in named.items() if len(value) <= MAX_LENGTH}


def _copy_order(user: User, order_id: str) -> dict[str, Any]:
    """Copy one of the user's own orders, with its exits; its time of expiry is not repeated."""
    order = user.orders.filter(pk=order_id).first() if is_id(order_id) else None
    if order is None:
        return {}
    values = {name: _write_value(getattr(order, name)) for name in COPIED}
    if order.quote_amount is not None:
        values["quantity"] = ""
    if values["time_in_force"] == "GTD":
        values["time_in_force"] = "GTC"
    return values | {"key": order.key_id, "position_side": _find_side(order)} | _copy_exits(order)


def _copy_exits(order: Order) -> dict[str, Any]:
    group = order.order_group
    if group is None or order.role != Role.ENTRY:
        return {}
    values = {
        "take_profit": group.take_profit_trigger,
        "take_profit_price": group.take_profit_price,
        "stop_loss": group.stop_loss_trigger,
        "stop_loss_price": group.stop_loss_price,
    }
    return {name: _write_value(value) for name, value in values.items()}


def _find_side(order: Order) -> str:
    return order.position_side if order.position_side in ("long", "short") else ""


def _write_value(value: Any) -> Any:
    return format_money(value) if hasattr(value, "as_tuple") else value
