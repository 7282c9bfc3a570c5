"""Fold events into a snapshot: an old state and the events since make the present state."""

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from orders.lifecycle.states import OPEN

State = dict[str, Any]  # as config/snapshot/snapshot.py gives it
Data = Mapping[str, Any]


class NumberedEvent(Protocol):
    """An event of the log, or a frame with one."""

    @property
    def seq(self) -> int: ...

    @property
    def type(self) -> str: ...

    @property
    def data(self) -> Any: ...


class EventGap(ValueError):
    """An event does not follow the state: one between them is missing, or it is old."""


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


def fold_events(state: State, events: Iterable[NumberedEvent]) -> State:
    """Return the state after these events, which must follow it without a gap."""
    seq = state["stream"]["seq"]
    things_by_list = {
        name: {listing.name(thing): thing for thing in state[name]}
        for name, listing in SNAPSHOT_LISTS.items()
    }
    for event in events:
        if event.seq != seq + 1:
            raise EventGap(f"{event.type} {event.seq} came after {seq}")
        seq = event.seq
        for name, listing in SNAPSHOT_LISTS.items():
            _apply_event(things_by_list[name], listing, event)
    owners = {"key": things_by_list["keys"], "bot": things_by_list["bots"]}
    lists = {
        name: [
            thing
            for thing in things_by_list[name].values()
            if listing.stays(thing) and _has_owner(thing, listing, owners)
        ]
        for name, listing in SNAPSHOT_LISTS.items()
    }
    lists["orders"] = [_with_current_names(order, owners) for order in lists["orders"]]
    return {"stream": state["stream"] | {"seq": seq}, **lists}


def _with_current_names(order: Data, owners: Mapping[str, Mapping[Hashable, Data]]) -> Data:
    """Show the present names of key and bot: a rename sends one event, not one per order."""
    key, bot = owners["key"].get(order["key"]), owners["bot"].get(order["bot"])
    key_name = {"key_label": key["label"]} if key else {}
    return {**order, **key_name, **({"bot_name": bot["name"]} if bot else {})}


def _has_owner(
    thing: Data, listing: SnapshotList, owners: Mapping[str, Mapping[Hashable, Data]]
) -> bool:
    return not listing.owner or thing[listing.owner] in owners[listing.owner]


def _apply_event(things: dict[Hashable, Data], listing: SnapshotList, event: NumberedEvent) -> None:
    if event.type in listing.events:
        things[listing.name(event.data)] = event.data
    elif event.type == listing.gone:
        things.pop(listing.name(event.data), None)


def make_comparable(state: State) -> State:
    """Sort a state and drop what has no number, so that two states can be compared."""
    orders = [order | {"checked_at": None} for order in state["orders"]]
    return {
        "stream": state["stream"],
        **{
            name: sorted(things, key=lambda thing, listing=listing: repr(listing.name(thing)))
            for name, listing in SNAPSHOT_LISTS.items()
            for things in [orders if name == "orders" else state[name]]
        },
    }
