"""The lists of a snapshot: what identifies a thing on each, and which events change it."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any, TypedDict

from orders.lifecycle.states import OPEN
from realtime.shapes import events as shapes

State = Mapping[str, Any]  # as config/snapshot/snapshot.py gives it
Data = Mapping[str, Any]


class StreamOffset(TypedDict):
    """The place in the event stream to which the snapshot belongs: subscribe from here."""

    epoch: str
    seq: int


class SnapshotData(TypedDict):
    """Everything to show first. Each list holds what its events hold in `data`."""

    user: int
    stream: StreamOffset
    orders: list[shapes.OrderData]
    keys: list[shapes.KeyData]
    shared_keys: list[shapes.SharedKeyData]
    balances: list[shapes.BalanceData]
    positions: list[shapes.PositionData]
    bots: list[shapes.BotData]
    profits: list[shapes.PnlData]
    signals: list[shapes.SignalData]
    notifications: list[shapes.NotificationData]
    alerts: list[shapes.AlertData]


# The events after which nothing of a key or a bot is there any more.
OWNER_ENDS: Mapping[str, tuple[str, ...]] = {
    "key": ("key_deleted", "key_unshared"),
    "bot": ("bot_deleted",),
}


@dataclass(frozen=True, slots=True)
class SnapshotList:
    """A list of the snapshot: what identifies a thing, which events set it, when it stays."""

    events: tuple[str, ...]
    key: tuple[str, ...]
    stays: Callable[[Data], bool] = lambda thing: True
    leaves: str = ""  # the contrary of `stays`, in words
    gone: str = ""  # the event that removes a thing
    owner: str = ""  # "key" or "bot": a thing goes with its owner

    def name(self, thing: Data) -> Hashable:
        """Return what identifies a thing, also in the event that removes it."""
        values = tuple(thing[field] for field in self.key)
        return values if len(values) > 1 else values[0]

    def describe_end(self) -> str:
        """Say when a thing leaves the list."""
        ends = " or ".join(f"`{kind}`" for kind in OWNER_ENDS.get(self.owner, ()))
        with_owner = f"{ends} removes its {self.owner}" if self.owner else ""
        removed = f"`{self.gone}` names it" if self.gone else ""
        return ", or ".join(filter(None, (self.leaves, removed, with_owner)))


SNAPSHOT_LISTS: Mapping[str, SnapshotList] = {
    "orders": SnapshotList(
        ("order_update", "order_filled"),
        ("id",),
        lambda order: order["status"] in OPEN,
        f"its `status` is none of {', '.join(f'`{status}`' for status in sorted(OPEN))}",
        owner="key",
    ),
    "keys": SnapshotList(("key_update",), ("id",), gone="key_deleted"),
    "shared_keys": SnapshotList(("key_shared",), ("id",), gone="key_unshared"),
    "balances": SnapshotList(
        ("balance_update",),
        ("key", "currency"),
        lambda row: any(row[name] != "0" for name in ("free", "held", "total")),
        "its `free`, `held` and `total` are `0`",
        owner="key",
    ),
    "positions": SnapshotList(
        ("position_update",),
        ("key", "symbol", "side"),
        lambda row: row["quantity"] != "0",
        "its `quantity` is `0`",
        owner="key",
    ),
    "bots": SnapshotList(("bot_created", "bot_update"), ("id",), gone="bot_deleted"),
    "profits": SnapshotList(("pnl_update",), ("bot", "key", "symbol"), owner="bot"),
    "signals": SnapshotList(
        ("signal",),
        ("id",),
        lambda signal: signal["status"] == "pending",
        "its `status` is not `pending`",
    ),
    "notifications": SnapshotList(
        ("notification",),
        ("id",),
        lambda row: row["read_at"] is None,
        "its `read_at` is not null",
    ),
    "alerts": SnapshotList(
        ("alert",),
        ("id",),
        lambda alert: alert["ended_at"] is None,
        "its `ended_at` is not null",
    ),
}
STATELESS = frozenset({"trade", "system", "log_created"})  # these change no list


def describe_lists() -> str:
    """Write the lists as a table, as docs/clients.md and the OpenAPI document have it."""
    rows = [
        f"| `{name}` | {_quote_all(listing.key)} | {_quote_all(listing.events)}"
        f" | {listing.describe_end()} |"
        for name, listing in SNAPSHOT_LISTS.items()
    ]
    head = ["| list | named by | set by | leaves it when |", "|---|---|---|---|"]
    return "\n".join([*head, *rows])


def _quote_all(names: tuple[str, ...]) -> str:
    return " ".join(f"`{name}`" for name in names)
