"""Old snapshot and the events since equal a fresh snapshot, for every kind of event."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from config.folding import SHELVES, STATELESS, Gap, comparable, fold
from config.snapshot import snapshot
from exchanges import holdings, keys
from exchanges.holdings import Seen
from exchanges.models import ExchangeKey
from exchanges.verdicts import Verdict
from orders import reconciler
from realtime import frames
from realtime.models import Event
from tests.exchanges.seen import balance, position
from tests.orders.reports import NOON, fill, report
from tests.trading import intend
from users.models import User


@pytest.fixture
def moves(
    key: ExchangeKey, other_user: User, open_key: Callable[[User], ExchangeKey]
) -> list[Callable[[], object]]:
    """A morning of one trader, with a stranger's doings in between."""
    first, second, third = intend(key), intend(key), intend(key, symbol="ETH/USDT")
    names = {order.pk: str(order.pk) for order in (first, second, third)}
    part, rest = fill("t1", "0.004"), fill("t2", "0.006")

    def said(order: Any, status: str, *fills: Any, filled: str = "0") -> object:
        its = report(
            status,
            filled,
            symbol=order.symbol,
            exchange_order_id=names[order.pk],
            quantity=Decimal("0.01"),
            fills=fills,
        )
        return reconciler.apply(order.pk, its, source="poll", now=NOON)

    spare = [
        keys.attach(
            user=key.user, label="x", venue="binance", market="spot", api_key="k" * 16, secret="s"
        )
    ]

    def holds(key_id: int, *, free: str = "0", quantity: str = "0", at: datetime = NOON) -> object:
        btc = balance("BTC", free)
        long = position("BTC/USDT:USDT", quantity)
        seen = Seen(at=at, balances=[btc], positions=[long], complete=True)
        return holdings.record(key_id, seen, now=at)

    verdict = Verdict(ok=True, message="works", permissions=("read",))
    return [
        lambda: said(first, "new"),
        lambda: holds(key.pk, free="2", quantity="-0.5"),
        lambda: said(second, "new"),
        lambda: holds(spare[0].pk, free="1", quantity="3"),
        lambda: said(first, "partially_filled", part, filled="0.004"),
        lambda: intend(open_key(other_user)),
        lambda: reconciler.lose_sight(third.pk, words="no answer", now=NOON),
        lambda: said(first, "filled", rest, filled="0.01"),
        lambda: keys.rename(spare[0].pk, "renamed"),
        lambda: keys.record(spare[0].pk, verdict, now=NOON),
        lambda: keys.deactivate(spare[0].pk),
        lambda: holds(key.pk, free="1.5", quantity="0", at=NOON + timedelta(seconds=1)),
        lambda: reconciler.request_cancel(second.pk, by="ada", now=NOON),
        lambda: said(second, "canceled"),
        lambda: keys.detach(spare[0].pk),
        lambda: reconciler.refuse(
            third.pk, status="rejected", words="no", source="submit", now=timezone.now()
        ),
        lambda: intend(key),
    ]


def test_from_every_position_the_events_lead_to_the_present(
    moves: list[Callable[[], object]], user: User
) -> None:
    snapshots = [snapshot(user.pk)]
    for move in moves:
        move()
        snapshots.append(snapshot(user.pk))
    present = comparable(snapshots[-1])
    events = list(Event.objects.filter(user=user).order_by("seq"))
    for old in snapshots:
        since = [event for event in events if event.seq > old["stream"]["seq"]]
        assert comparable(fold(old, since)) == present
    sent = {name for name, kind in frames.EVENTS.items() if not kind.planned}
    assert {event.type for event in events} == sent


def test_a_snapshot_amid_writers_is_exactly_the_state_at_its_position(
    key: ExchangeKey, user: User
) -> None:
    """State and position read one after the other would show changes that came in between."""
    done = threading.Event()

    def trade() -> None:
        try:
            for _ in range(60):
                order = intend(key)
                reconciler.request_cancel(order.pk, by="ada", now=NOON)
        finally:
            done.set()
            connection.close()

    writer = threading.Thread(target=trade)
    old, amid = snapshot(user.pk), []
    writer.start()
    while not done.is_set():
        amid.append(snapshot(user.pk))
    writer.join()
    events = list(Event.objects.filter(user=user).order_by("seq"))
    for shown in amid:
        until = [e for e in events if old["stream"]["seq"] < e.seq <= shown["stream"]["seq"]]
        assert comparable(fold(old, until)) == comparable(shown)
    assert len(amid) > 1


def test_a_gap_is_not_folded_over(key: ExchangeKey, user: User) -> None:
    old = snapshot(user.pk)
    intend(key)
    intend(key)
    events = list(Event.objects.filter(user=user, seq__gt=old["stream"]["seq"]).order_by("seq"))
    with pytest.raises(Gap):
        fold(old, events[1:])
    with pytest.raises(Gap):
        fold(old, [events[0], *events])


def test_every_event_that_is_sent_has_its_place() -> None:
    heard = {name for shelf in SHELVES.values() for name in (*shelf.events, shelf.gone) if name}
    sent = {name for name, kind in frames.EVENTS.items() if not kind.planned}
    assert heard | STATELESS == sent
