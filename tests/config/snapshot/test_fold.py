"""Old snapshot and the events since equal a fresh snapshot, for every kind of event."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from bots.models import Bot, Signal
from bots.pnl import fill_counter
from bots.running import lifecycle, runner
from bots.signals import record
from config.snapshot.lists import SNAPSHOT_LISTS, STATELESS
from config.snapshot.snapshot import read_snapshot
from exchanges.holdings import record as holdings_record
from exchanges.holdings.record import HoldingsReport
from exchanges.keys import actions
from exchanges.keys.permissions import KeyVerdict
from exchanges.models import ExchangeKey, Symbol
from exchanges.sharing import actions as sharing_actions
from operations.alerts import record as alerts
from operations.messages import broadcast
from operations.notifications import record as notifications
from orders import reconciler
from orders.models import Order
from orders.sharing.accept import accept_key
from realtime import frames
from realtime.models import Event
from tests.config.snapshot.folding import EventGap, fold_events, make_comparable
from tests.exchanges.holding_reports import balance_report, position_report
from tests.orders.reports import NOON, fill, report
from tests.trading import record_order
from users.models import KeyGrant, User


@pytest.fixture
def moves(
    key: ExchangeKey,
    other_user: User,
    open_key: Callable[[User], ExchangeKey],
) -> list[Callable[[], object]]:
    """A morning of one trader, with a stranger's doings in between."""
    first, second, third = (
        record_order(key),
        record_order(key),
        record_order(key, symbol="ETH/USDT"),
    )
    strangers = open_key(other_user)
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
        return reconciler.apply_report(order.pk, its, source="poll", now=NOON)

    spare = [
        actions.attach(
            user=key.user, label="x", venue="binance", market="spot", api_key="k" * 16, secret="s"
        )
    ]

    def holds(key_id: int, *, free: str = "0", quantity: str = "0", at: datetime = NOON) -> object:
        btc = balance_report("BTC", free)
        long = position_report("BTC/USDT:USDT", quantity)
        seen = HoldingsReport(at=at, balances=[btc], positions=[long], complete=True)
        return holdings_record.record(key_id, seen, now=at)

    verdict = KeyVerdict(ok=True, message="works", permissions=("read",))
    return [
        lambda: said(first, "new"),
        lambda: holds(key.pk, free="2", quantity="-0.5"),
        lambda: said(second, "new"),
        lambda: holds(spare[0].pk, free="1", quantity="3"),
        lambda: said(first, "partially_filled", part, filled="0.004"),
        lambda: record_order(strangers),
        lambda: reconciler.mark_unanswered(third.pk, reason="no answer", now=NOON),
        lambda: said(first, "filled", rest, filled="0.01"),
        lambda: actions.rename(spare[0].pk, "renamed"),
        lambda: actions.record(spare[0].pk, verdict, now=NOON),
        lambda: actions.deactivate(spare[0].pk),
        lambda: holds(key.pk, free="1.5", quantity="0", at=NOON + timedelta(seconds=1)),
        lambda: reconciler.request_cancel(second.pk, by="ada", now=NOON),
        lambda: said(second, "canceled"),
        lambda: actions.detach(spare[0].pk),
        lambda: reconciler.refuse_order(
            third.pk, status="rejected", reason="no", source="submit", now=timezone.now()
        ),
        lambda: record_order(key),
        *sharing(strangers, key.user),
        *messages(key.user, other_user),
        *bots_at_work(key),
    ]


def sharing(key: ExchangeKey, member: User) -> list[Callable[[], object]]:
    """Another user's key is shared, ended and shared again, and it changes all the time."""
    before = record_order(key)
    ended = {"status": "rejected", "reason": "no", "source": "submit"}

    def holds(free: str) -> object:
        seen = HoldingsReport(at=timezone.now(), balances=[balance_report("BTC", free)])
        return holdings_record.record(key.pk, seen, now=timezone.now())

    def share() -> object:
        name = member.get_username()
        grant = sharing_actions.offer_key(key, member=name, role="viewer", now=NOON)
        return accept_key(grant.pk, now=NOON)

    def end() -> object:
        return sharing_actions.end_grant(KeyGrant.objects.get(key=key).pk)

    return [
        lambda: holds("3"),
        share,
        lambda: record_order(key),
        lambda: actions.rename(key.pk, "shared"),
        lambda: holds("4"),
        end,
        lambda: record_order(key),
        lambda: reconciler.refuse_order(before.pk, **ended, now=NOON),
        share,
        lambda: record_order(key),
        lambda: holds("0"),
    ]


def bots_at_work(key: ExchangeKey) -> list[Callable[[], object]]:
    """One is made, started, changed, stopped; another is removed again."""
    steps = dict.fromkeys(["price_step", "quantity_step", "min_quantity", "min_cost"], Decimal(0))
    Symbol.objects.create(
        venue=key.venue, market=key.market, is_paper=True, name="BTC/USDT", read_at=NOON, **steps
    )
    prices = {"buy_price": "90", "sell_price": "110", "quantity": "1"}

    def make(name: str) -> Bot:
        bot = Bot(user=key.user, key=key, name=name, symbol="BTC/USDT", strategy="scalper")
        bot.settings = prices
        return lifecycle.create_bot(bot, now=NOON)

    def named(name: str) -> int:
        return Bot.objects.get(name=name).pk

    def bought() -> object:
        order = Order.objects.get(bot__name="first")
        part = fill("b1", "0.4", exchange_order_id="b")
        its = report("partially_filled", "0.4", exchange_order_id="b", fills=(part,))
        return reconciler.apply_report(order.pk, its, source="poll", now=NOON)

    return [
        lambda: make("first"),
        lambda: make("second"),
        lambda: lifecycle.start_bot(named("first"), now=NOON),
        lambda: runner.evaluate_bot(named("first"), now=NOON),
        bought,
        lambda: fill_counter.count_fills(key.pk),
        lambda: lifecycle.stop_bot(named("first"), now=NOON),
        lambda: runner.evaluate_bot(named("first"), now=NOON),
        lambda: runner.evaluate_bot(named("first"), now=NOON),
        lambda: lifecycle.change_bot(named("first"), changes={"name": "third"}, now=NOON),
        lambda: lifecycle.remove_bot(named("second"), now=NOON),
        lambda: runner.evaluate_bot(named("second"), now=NOON),
    ]


def messages(user: User, other: User) -> list[Callable[[], object]]:
    """What the same trader is told, and what becomes of it."""

    def wish(side: Signal.Side) -> Signal:
        return record.create_signal(
            user_id=user.pk,
            source="alarm",
            symbol="BTC/USDT",
            side=side,
            price=Decimal("50000.50"),
            now=NOON,
        )

    def waiting() -> Signal:
        return record.list_pending(user.pk).earliest("id")

    def trouble(title: str) -> object:
        return alerts.begin_alert(user_id=user.pk, name="key 1", title=title, now=NOON)

    def told(title: str, to: User = user) -> object:
        return notifications.notify(user_id=to.pk, title=title, now=NOON)

    def unread() -> int:
        return notifications.unread_notifications(user.pk).earliest("id").pk

    said = broadcast.begin_broadcast(title="Closed tonight", by=None, now=NOON)
    return [
        lambda: wish(Signal.Side.BUY),
        lambda: wish(Signal.Side.CLOSE),
        lambda: record.set_reason(waiting().pk, "Left to you."),
        lambda: told("Welcome"),
        lambda: told("Not for you", other),
        lambda: told("Read the terms"),
        lambda: trouble("Refused"),
        lambda: alerts.begin_alert(user_id=user.pk, name="disk", title="Full", now=NOON),
        lambda: trouble("Refused"),
        lambda: trouble("Refused for good"),
        lambda: broadcast.send_batch(said.pk, now=NOON),
        lambda: notifications.mark_read(unread(), user_id=user.pk, now=NOON),
        lambda: record.settle_signal(waiting().pk, outcome=Signal.Status.IGNORED, now=NOON),
        lambda: alerts.mark_read(
            alerts.open_alerts(user.pk).earliest("id").pk, user_id=user.pk, now=NOON
        ),
        lambda: alerts.end_alert(user_id=user.pk, name="key 1", now=NOON),
        lambda: notifications.mark_all_read(user.pk, now=NOON),
        lambda: told("The last word"),
    ]


def test_from_every_position_the_events_lead_to_the_present(
    moves: list[Callable[[], object]], user: User
) -> None:
    snapshots = [read_snapshot(user.pk)]
    for move in moves:
        move()
        snapshots.append(read_snapshot(user.pk))
    present = make_comparable(snapshots[-1])
    events = list(Event.objects.filter(user=user).order_by("seq"))
    for old in snapshots:
        since = [event for event in events if event.seq > old["stream"]["seq"]]
        assert make_comparable(fold_events(old, since)) == present
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
                order = record_order(key)
                reconciler.request_cancel(order.pk, by="ada", now=NOON)
        finally:
            done.set()
            connection.close()

    writer = threading.Thread(target=trade)
    old, amid = read_snapshot(user.pk), []
    writer.start()
    while not done.is_set():
        amid.append(read_snapshot(user.pk))
    writer.join()
    events = list(Event.objects.filter(user=user).order_by("seq"))
    for shown in amid:
        until = [e for e in events if old["stream"]["seq"] < e.seq <= shown["stream"]["seq"]]
        assert make_comparable(fold_events(old, until)) == make_comparable(shown)
    assert len(amid) > 1


def test_a_gap_is_not_folded_over(key: ExchangeKey, user: User) -> None:
    old = read_snapshot(user.pk)
    record_order(key)
    record_order(key)
    events = list(Event.objects.filter(user=user, seq__gt=old["stream"]["seq"]).order_by("seq"))
    with pytest.raises(EventGap):
        fold_events(old, events[1:])
    with pytest.raises(EventGap):
        fold_events(old, [events[0], *events])


def test_every_event_that_is_sent_has_its_place() -> None:
    heard = {
        name for shelf in SNAPSHOT_LISTS.values() for name in (*shelf.events, shelf.gone) if name
    }
    sent = {name for name, kind in frames.EVENTS.items() if not kind.planned}
    assert heard | STATELESS == sent
