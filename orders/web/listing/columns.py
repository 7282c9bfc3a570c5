"""The columns of the orders table: which there are, and which a person chose to see."""

from collections.abc import Iterable
from typing import Final

from django.utils.translation import gettext_lazy

from users.models import User

LABELS: Final = {
    "time": gettext_lazy("Time"),
    "symbol": gettext_lazy("Symbol"),
    "side": gettext_lazy("Side"),
    "type": gettext_lazy("Type"),
    "price": gettext_lazy("Price"),
    "quantity": gettext_lazy("Amount"),
    "filled": gettext_lazy("Filled"),
    "average": gettext_lazy("Average"),
    "value": gettext_lazy("Value"),
    "profit": gettext_lazy("Closed profit"),
    "distance": gettext_lazy("Distance"),
    "status": gettext_lazy("Status"),
    "checked": gettext_lazy("Checked"),
    "from": gettext_lazy("Key, bot"),
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
