"""Fold events into a snapshot as a client does: the old state gives the new one."""

from collections.abc import Hashable, Iterable, Mapping
from typing import Any, Protocol

from config.snapshot.lists import OWNER_ENDS, SNAPSHOT_LISTS, Data, SnapshotList, State


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
    keys = {**things_by_list["keys"], **things_by_list["shared_keys"]}
    owners = {"key": keys, "bot": things_by_list["bots"]}
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
    elif event.type in OWNER_ENDS.get(listing.owner, ()):
        for name in [each for each in things if things[each][listing.owner] == event.data["id"]]:
            del things[name]


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
