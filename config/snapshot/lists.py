"""The lists of a snapshot: what identifies a thing on each, and which events change it."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any

from orders.lifecycle.states import OPEN

State = dict[str, Any]  # as config/snapshot/snapshot.py gives it
Data = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SnapshotList:
    """A list of the snapshot: what identifies a thing, which events set it, when it stays."""

    events: frozenset[str]
    name: Callable[[Data], Hashable]
    stays: Callable[[Data], bool] = lambda thing: True
    gone: str = ""  # the event that removes a thing
    owner: str = ""  # "key" or "bot": a thing goes with its owner


SNAPSHOT_LISTS: Mapping[str, SnapshotList] = {
    "orders": SnapshotList(
        frozenset({"order_update", "order_filled"}),
        lambda order: order["id"],
        lambda order: order["status"] in OPEN,
    ),
    "keys": SnapshotList(frozenset({"key_update"}), lambda key: key["id"], gone="key_deleted"),
    "balances": SnapshotList(
        frozenset({"balance_update"}),
        lambda row: (row["key"], row["currency"]),
        lambda row: row["total"] != "0",
        owner="key",
    ),
    "positions": SnapshotList(
        frozenset({"position_update"}),
        lambda row: (row["key"], row["symbol"], row["side"]),
        lambda row: row["quantity"] != "0",
        owner="key",
    ),
    "bots": SnapshotList(
        frozenset({"bot_created", "bot_update"}), lambda bot: bot["id"], gone="bot_deleted"
    ),
    "profits": SnapshotList(
        frozenset({"pnl_update"}), lambda row: (row["bot"], row["key"], row["symbol"]), owner="bot"
    ),
    "signals": SnapshotList(
        frozenset({"signal"}),
        lambda signal: signal["id"],
        lambda signal: signal["status"] == "pending",
    ),
    "notifications": SnapshotList(
        frozenset({"notification"}), lambda row: row["id"], lambda row: row["read_at"] is None
    ),
    "alerts": SnapshotList(
        frozenset({"alert"}), lambda alert: alert["id"], lambda alert: alert["ended_at"] is None
    ),
}
STATELESS = frozenset({"trade", "system", "log_created"})  # these change no list
