"""The columns of the orders table: which there are, and which a person chose to see."""

from collections.abc import Iterable
from typing import Final

from users.models import User

LABELS: Final = {
    "time": "Time",
    "symbol": "Symbol",
    "side": "Side",
    "type": "Type",
    "price": "Price",
    "quantity": "Amount",
    "filled": "Filled",
    "average": "Average",
    "value": "Value",
    "profit": "Closed profit",
    "distance": "Distance",
    "status": "Status",
    "checked": "Checked",
    "from": "Key, bot",
}
OPTIONAL: Final = ("time", "type", "average", "value", "profit", "distance", "checked", "from")
USUAL: Final = ("time", "type", "distance", "checked", "from")
NONE: Final = "none"  # an empty choice is the usual one


def read_columns(user: User) -> list[str]:
    """Return the optional columns that a person sees, in the order of the table."""
    if not user.order_columns:
        return list(USUAL)
    chosen = user.order_columns.split()
    return [name for name in OPTIONAL if name in chosen]


def save_columns(user: User, names: Iterable[str]) -> None:
    wanted = set(names)
    chosen = [name for name in OPTIONAL if name in wanted]
    user.order_columns = " ".join(chosen) or NONE
    user.save(update_fields=["order_columns"])
