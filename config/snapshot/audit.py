"""Reads each user's log and state as one, beside whoever writes, and says where they differ."""

from collections.abc import Hashable, Iterator
from dataclasses import dataclass

from config.snapshot import compare, snapshot
from config.snapshot.compare import Logged, Walk
from config.snapshot.fold import Data
from orders.models import Order
from orders.payloads import order_data
from realtime.models import Event, Stream
from users.models import User

PAGE = 1_000
SHOWN = 100  # of what is wrong with one user


@dataclass(frozen=True, slots=True)
class Finding:
    user_id: int
    events: int
    things: int  # that the log speaks of
    wrong: list[str]


def people(name: str | None = None) -> Iterator[User]:
    """Everybody, or the one of this name; whoever comes meanwhile may be among them."""
    everybody, last = User.objects.order_by("pk"), 0
    if name is not None:
        everybody = everybody.filter(username=name)
    while some := list(everybody.filter(pk__gt=last)[:PAGE]):
        yield from some
        last = some[-1].pk


def examine(user_id: int) -> Finding:
    """One transaction, one moment: state and events are written together, so they must agree."""
    with snapshot.as_one():
        stream = Stream.objects.filter(user=user_id).first()
        walk = Walk(compare.Stream(stream.seq, stream.floor) if stream else None)
        for event in _log(user_id):
            walk.take(event)
        walk.end()
        wrong = [*walk.wrong, *compare.compare(walk, snapshot.state(user_id))]
        for names, rows in _ended_orders(walk):
            wrong += compare.rows_differ(walk, "orders", names, rows)
    return Finding(user_id, walk.events, len(walk.newest), _bounded(wrong))


def _log(user_id: int) -> Iterator[Logged]:
    """Page by page, so that a long log does not have to fit."""
    events = Event.objects.filter(user=user_id).order_by("seq")
    last = 0
    while rows := list(
        events.filter(seq__gt=last).values_list("seq", "type", "data", "created_at")[:PAGE]
    ):
        yield from (Logged(*row) for row in rows)
        last = rows[-1][0]


def _ended_orders(walk: Walk) -> Iterator[tuple[list[int], dict[Hashable, Data]]]:
    names = [int(str(name)) for name in compare.left(walk, "orders")]
    for start in range(0, len(names), PAGE):
        some = names[start : start + PAGE]
        rows = Order.objects.filter(pk__in=some).select_related("key", "bot")
        yield some, {row.pk: order_data(row) for row in rows}


def _bounded(wrong: list[str]) -> list[str]:
    if len(wrong) <= SHOWN:
        return wrong
    return [*wrong[:SHOWN], f"and {len(wrong) - SHOWN} more"]
