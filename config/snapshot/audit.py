"""Read each user's event log and state at one moment, and say where they differ."""

from collections.abc import Hashable, Iterator
from dataclasses import dataclass

from config.snapshot import compare, snapshot
from config.snapshot.compare import LoggedEvent, LogWalk
from config.snapshot.lists import Data
from orders.models import Order
from orders.payloads import order_data
from realtime.models import Event, Stream
from users.models import User

PAGE = 1_000
SHOWN = 100  # findings per user


@dataclass(frozen=True, slots=True)
class UserFinding:
    user_id: int
    events: int
    things: int  # in the log
    wrong: list[str]


def select_users(name: str | None = None) -> Iterator[User]:
    """Yield all users, or the one of this name, page by page."""
    users, last = User.objects.order_by("pk"), 0
    if name is not None:
        users = users.filter(username=name)
    while page := list(users.filter(pk__gt=last)[:PAGE]):
        yield from page
        last = page[-1].pk


def examine_user(user_id: int) -> UserFinding:
    """Compare log and state in one transaction: they are written together, so they must agree."""
    with snapshot.one_moment():
        walk = LogWalk(Stream.objects.filter(user=user_id).first())
        for event in _read_log(user_id):
            walk.read_event(event)
        walk.finish()
        wrong = [*walk.wrong, *compare.compare_state(walk, snapshot.read_state(user_id))]
        for names, rows in _read_ended_orders(walk):
            wrong += compare.compare_rows(walk, "orders", names, rows)
    return UserFinding(user_id, walk.events, len(walk.newest), _limit_findings(wrong))


def _read_log(user_id: int) -> Iterator[LoggedEvent]:
    """Yield the log page by page: a long one would not fit in memory."""
    events = Event.objects.filter(user=user_id).order_by("seq")
    last = 0
    while rows := list(
        events.filter(seq__gt=last).values_list("seq", "type", "data", "created_at")[:PAGE]
    ):
        yield from (LoggedEvent(*row) for row in rows)
        last = rows[-1][0]


def _read_ended_orders(walk: LogWalk) -> Iterator[tuple[list[int], dict[Hashable, Data]]]:
    names = [int(str(name)) for name in compare.names_gone(walk, "orders")]
    for start in range(0, len(names), PAGE):
        page = names[start : start + PAGE]
        rows = Order.objects.filter(pk__in=page).select_related("key", "bot", "order_group")
        yield page, {row.pk: order_data(row) for row in rows}


def _limit_findings(wrong: list[str]) -> list[str]:
    if len(wrong) <= SHOWN:
        return wrong
    return [*wrong[:SHOWN], f"and {len(wrong) - SHOWN} more"]
