"""Old snapshot and the events since equal a fresh snapshot, for every kind of event."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from config.snapshot import snapshot
from exchanges import holdings, keys
from exchanges.holdings import Seen
from exchanges.models import ExchangeKey
from exchanges.verdicts import Verdict
from orders import reconciler
from orders.states import OPEN
from realtime import frames
from realtime.models import Event
from tests.exchanges.seen import balance, position
from tests.orders.reports import NOON, fill, report
from tests.trading import intend
from users.models import User

State = dict[str, Any]


def fold(state: State, events: list[Event]) -> State:
    """What a client does with what it hears."""
    orders = {order["id"]: order for order in state["orders"]}
    mine = {key["id"]: key for key in state["keys"]}
    money = {(one["key"], one["currency"]): one for one in state["balances"]}
    open_ = {(one["key"], one["symbol"], one["side"]): one for one in state["positions"]}
    for event in events:
        assert event.seq == state["stream"]["seq"] + 1
        state["stream"]["seq"] = event.seq
        match event.type:
            case "order_update" | "order_filled":
                orders[event.data["id"]] = event.data
            case "key_update":
                mine[event.data["id"]] = event.data
            case "key_deleted":
                del mine[event.data["id"]]
            case "balance_update":
                money[event.data["key"], event.data["currency"]] = event.data
            case "position_update":
                open_[event.data["key"], event.data["symbol"], event.data["side"]] = event.data
    return {
        "stream": state["stream"],
        "orders": [order for order in orders.values() if order["status"] in OPEN],
        "keys": list(mine.values()),
        "balances": [one for one in money.values() if one["total"] != "0" and one["key"] in mine],
        "positions": [
            one for one in open_.values() if one["quantity"] != "0" and one["key"] in mine
        ],
    }


def in_order(state: State) -> State:
    """Freshness is told without a number, so it is not compared."""
    orders = [order | {"checked_at": None} for order in state["orders"]]
    return {
        "stream": state["stream"],
        "orders": sorted(orders, key=lambda order: order["id"]),
        "keys": sorted(state["keys"], key=lambda key: key["id"]),
        "balances": sorted(state["balances"], key=lambda one: (one["key"], one["currency"])),
        "positions": sorted(state["positions"], key=lambda one: (one["key"], one["symbol"])),
    }


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
    present = in_order(snapshots[-1])
    events = list(Event.objects.filter(user=user).order_by("seq"))
    for old in snapshots:
        since = [event for event in events if event.seq > old["stream"]["seq"]]
        assert in_order(fold(old, since)) == present
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
        base = {**old, "stream": dict(old["stream"])}
        until = [e for e in events if old["stream"]["seq"] < e.seq <= shown["stream"]["seq"]]
        assert in_order(fold(base, until)) == in_order(shown)
    assert len(amid) > 1
