"""What a client does with what it hears: old state and the events since make the present state."""

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from orders.lifecycle.states import OPEN

State = dict[str, Any]  # as config/snapshot/snapshot.py gives it
Data = Mapping[str, Any]


class Happened(Protocol):
    """An event of the log, or a frame that was read as one."""

    @property
    def seq(self) -> int: ...

    @property
    def type(self) -> str: ...

    @property
    def data(self) -> Any: ...


class Gap(ValueError):
    """An event does not follow the state: another one between them is missing, or it is old."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """A list of the snapshot: what names a thing on it, which events bring it, when it stays."""

    events: frozenset[str]
    name: Callable[[Data], Hashable]
    stays: Callable[[Data], bool] = lambda thing: True
    gone: str = ""  # the event that takes a thing away
    of_a: str = ""  # and it goes when that one does: its key, its bot


SHELVES: Mapping[str, Shelf] = {
    "orders": Shelf(
        frozenset({"order_update", "order_filled"}),
        lambda order: order["id"],
        lambda order: order["status"] in OPEN,
    ),
    "keys": Shelf(frozenset({"key_update"}), lambda key: key["id"], gone="key_deleted"),
    "balances": Shelf(
        frozenset({"balance_update"}),
        lambda one: (one["key"], one["currency"]),
        lambda one: one["total"] != "0",
        of_a="key",
    ),
    "positions": Shelf(
        frozenset({"position_update"}),
        lambda one: (one["key"], one["symbol"], one["side"]),
        lambda one: one["quantity"] != "0",
        of_a="key",
    ),
    "bots": Shelf(
        frozenset({"bot_created", "bot_update"}), lambda bot: bot["id"], gone="bot_deleted"
    ),
    "profits": Shelf(
        frozenset({"pnl_update"}), lambda one: (one["bot"], one["key"], one["symbol"]), of_a="bot"
    ),
    "signals": Shelf(
        frozenset({"signal"}),
        lambda signal: signal["id"],
        lambda signal: signal["status"] == "pending",
    ),
    "notifications": Shelf(
        frozenset({"notification"}), lambda one: one["id"], lambda one: one["read_at"] is None
    ),
    "alerts": Shelf(
        frozenset({"alert"}), lambda alert: alert["id"], lambda alert: alert["ended_at"] is None
    ),
}
STATELESS = frozenset(
    {"trade", "system", "log_created"}
)  # they tell of something and change no list


def fold(state: State, events: Iterable[Happened]) -> State:
    """The state after these events, which must follow it without a gap; `state` stays as it is."""
    seq = state["stream"]["seq"]
    shelves = {
        name: {shelf.name(thing): thing for thing in state[name]} for name, shelf in SHELVES.items()
    }
    for event in events:
        if event.seq != seq + 1:
            raise Gap(f"{event.type} {event.seq} came after {seq}")
        seq = event.seq
        for name, shelf in SHELVES.items():
            _hear(shelves[name], shelf, event)
    owners = {"key": shelves["keys"], "bot": shelves["bots"]}
    there = {
        name: [
            thing
            for thing in shelves[name].values()
            if shelf.stays(thing) and _has_its_owner(thing, shelf, owners)
        ]
        for name, shelf in SHELVES.items()
    }
    there["orders"] = [_as_called_now(order, owners) for order in there["orders"]]
    return {"stream": state["stream"] | {"seq": seq}, **there}


def _as_called_now(order: Data, owners: Mapping[str, Mapping[Hashable, Data]]) -> Data:
    """A new name of a key or a bot is told by itself, and not once more for each of its orders."""
    key, bot = owners["key"].get(order["key"]), owners["bot"].get(order["bot"])
    named = {"key_label": key["label"]} if key else {}
    return {**order, **named, **({"bot_name": bot["name"]} if bot else {})}


def _has_its_owner(
    thing: Data, shelf: Shelf, owners: Mapping[str, Mapping[Hashable, Data]]
) -> bool:
    return not shelf.of_a or thing[shelf.of_a] in owners[shelf.of_a]


def _hear(things: dict[Hashable, Data], shelf: Shelf, event: Happened) -> None:
    if event.type in shelf.events:
        things[shelf.name(event.data)] = event.data
    elif event.type == shelf.gone:
        things.pop(shelf.name(event.data), None)


def comparable(state: State) -> State:
    """Sorted, and without what is told without a number: two such states are equal or differ."""
    orders = [order | {"checked_at": None} for order in state["orders"]]
    return {
        "stream": state["stream"],
        **{
            name: sorted(things, key=lambda thing, shelf=shelf: repr(shelf.name(thing)))
            for name, shelf in SHELVES.items()
            for things in [orders if name == "orders" else state[name]]
        },
    }
