"""`manage.py check_streams` finds each kind of damage, and nothing where all is sound."""

import json
import threading
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from bots.models import Bot
from bots.running import lifecycle, runner
from config.snapshot import audit, compare
from exchanges.holdings import record
from exchanges.holdings.record import HoldingsReport
from exchanges.keys import actions
from exchanges.models import Balance, ExchangeKey
from operations.alerts import record as alerts
from operations.models import Notification
from operations.notifications import record as notifications
from orders import reconciler
from orders.models import Order
from realtime import retention
from realtime.models import Event, Stream
from tests.exchanges.holding_reports import balance_report, position_report
from tests.orders.reports import NOON, fill, report
from tests.trading import record_order
from users.models import User


def trade(key: ExchangeKey) -> list[Order]:
    """One order open, one filled, one cancelled; something held, something told."""
    orders = [record_order(key) for _ in range(3)]
    for order, status in zip(orders, ("new", "filled", "canceled"), strict=True):
        fills = [fill(f"t{order.pk}", "0.01")] if status == "filled" else []
        said = report(
            status,
            "0.01" if fills else "0",
            exchange_order_id=str(order.pk),
            quantity=Decimal("0.01"),
            fills=tuple(fills),
        )
        reconciler.apply_report(order.pk, said, source="poll", now=NOON)
    held = [balance_report("BTC", "2"), balance_report("ETH", "1")]
    long = position_report("BTC/USDT:USDT", "3")
    seen = HoldingsReport(at=timezone.now(), balances=held, positions=[long], complete=True)
    record.record(key.pk, seen, now=timezone.now())
    actions.rename(key.pk, "renamed")
    notifications.notify(user_id=key.user_id, title="Welcome", now=NOON)
    alerts.begin_alert(user_id=key.user_id, name="key 1", title="Refused", now=NOON)
    return orders


def wrong(user: User) -> list[str]:
    return audit.examine_user(user.pk).wrong


def run(statement: str, *given: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, given)


def check(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[Any, str]:
    """The exit code, and what was said."""
    capsys.readouterr()
    with pytest.raises(SystemExit) as end:
        call_command("check_streams", *words)
    return end.value.code, capsys.readouterr().out


# Sound


def test_a_sound_installation_is_found_sound(
    key: ExchangeKey, other_user: User, capsys: pytest.CaptureFixture[str]
) -> None:
    trade(key)
    notifications.notify(user_id=other_user.pk, title="Welcome", now=NOON)
    code, said = check(capsys)
    assert (code, "all sound" in said) == (0, True), said
    code, said = check(capsys, "--user", "bob", "--json")
    assert json.loads(said) == {"ok": True, "users": 1, "events": 1, "things": 1, "wrong": {}}


def test_a_pruned_log_is_sound(key: ExchangeKey, user: User) -> None:
    trade(key)
    last = Event.objects.filter(user=user).count() - 3
    old = timezone.now() - timedelta(days=9)
    Event.objects.filter(user=user, seq__lte=last).update(created_at=old)
    run("UPDATE exchanges_balance SET changed_at = %s", old)
    run("UPDATE exchanges_position SET changed_at = %s", old)
    run("UPDATE orders_order SET created_at = %s", old)
    assert retention.prune_old(before=retention.get_cutoff(timezone.now(), 7)).events == last
    assert wrong(user) == []
    retention.prune_old(before=timezone.now() + timedelta(days=1))
    assert Stream.objects.get(user=user).floor == last + 3
    assert wrong(user) == []


def test_a_user_without_anything_is_sound(transactional_db: None, user: User) -> None:
    assert audit.examine_user(user.pk) == audit.UserFinding(user.pk, 0, 0, [])


def test_of_a_removed_key_nothing_must_be_left(key: ExchangeKey, user: User) -> None:
    seen = HoldingsReport(
        at=NOON, balances=[balance_report("BTC", "2")], positions=[], complete=True
    )
    record.record(key.pk, seen, now=NOON)
    actions.detach(key.pk)
    assert wrong(user) == []


def test_it_reads_a_long_log_page_by_page(
    key: ExchangeKey, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "PAGE", 3)
    trade(key)
    found = audit.examine_user(user.pk)
    assert (found.events, found.wrong) == (Event.objects.filter(user=user).count(), [])


def test_beside_a_busy_writer_it_finds_nothing(key: ExchangeKey, user: User) -> None:
    """Log and state read one after the other would seem to differ."""
    done = threading.Event()

    def work() -> None:
        try:
            for _ in range(40):
                order = record_order(key)
                reconciler.request_cancel(order.pk, by="ada", now=NOON)
        finally:
            done.set()
            connection.close()

    writer = threading.Thread(target=work)
    writer.start()
    looks = 0
    while not done.is_set():
        assert wrong(user) == []
        looks += 1
    writer.join()
    assert looks > 1


def test_the_ended_orders_of_a_bot_that_was_removed_are_sound(key: ExchangeKey, user: User) -> None:
    """That they are nobody's now is told by the bot's end, not once more for each of them."""
    bot = Bot.objects.create(user=user, key=key, name="mine", symbol="BTC/USDT", strategy="manual")
    order = record_order(key, bot=bot)
    said = report("canceled", "0", exchange_order_id="1", quantity=Decimal("0.01"))
    reconciler.apply_report(order.pk, said, source="poll", now=NOON)
    lifecycle.remove_bot(bot.pk, now=NOON)
    runner.evaluate_bot(bot.pk, now=NOON)
    assert not Bot.objects.filter(pk=bot.pk).exists()
    assert wrong(user) == []


# Damaged


def a_hole(user: User, orders: list[Order]) -> str:
    Event.objects.filter(user=user, seq__in=[3, 4]).delete()
    return "3 to 4 are missing"


def the_end_cut_off(user: User, orders: list[Order]) -> str:
    last = Stream.objects.get(user=user).seq
    Event.objects.filter(user=user, seq=last).delete()
    return f"event {last} is missing"


def a_number_beyond_the_head(user: User, orders: list[Order]) -> str:
    Stream.objects.filter(user=user).update(seq=2)
    return "event 3 is beyond the stream's last number"


def a_floor_too_high(user: User, orders: list[Order]) -> str:
    Stream.objects.filter(user=user).update(floor=2)
    return "event 2 is there, though all up to the floor are pruned"


def a_floor_too_low(user: User, orders: list[Order]) -> str:
    Event.objects.filter(user=user, seq=1).delete()
    return "event 1 is missing"


def no_stream(user: User, orders: list[Order]) -> str:
    Stream.objects.filter(user=user).delete()
    return "there are events, but no stream that counts them"


def a_time_that_goes_back(user: User, orders: list[Order]) -> str:
    early = timezone.now() - timedelta(hours=1)
    Event.objects.filter(user=user, seq=5).update(created_at=early)
    return "event 5 is older than the one before it"


def an_unknown_type(user: User, orders: list[Order]) -> str:
    Event.objects.filter(user=user, seq=1).update(type="order_updated")
    return "event 1 is of no declared type: order_updated"


def an_open_order_changed(user: User, orders: list[Order]) -> str:
    Order.objects.filter(pk=orders[0].pk).update(filled=Decimal("0.001"))
    return f"order {orders[0].pk} differs from what event"


def an_ended_order_changed(user: User, orders: list[Order]) -> str:
    Order.objects.filter(pk=orders[1].pk).update(cost=Decimal(7))
    return f"order {orders[1].pk} differs from what event"


def an_ended_order_removed(user: User, orders: list[Order]) -> str:
    orders[1].fills.all().delete()
    gone = orders[1].pk
    run("DELETE FROM orders_orderchange WHERE order_id = %s", gone)
    run("DELETE FROM orders_order WHERE id = %s", gone)
    return f"order {gone} has no row, though event"


def an_order_nobody_was_told_of(user: User, orders: list[Order]) -> str:
    orders[0].pk, orders[0].client_order_id = None, "other"
    orders[0].exchange_order_id = ""
    orders[0].save(force_insert=True)
    return f"order {orders[0].pk} has no event"


def an_order_ended_in_silence(user: User, orders: list[Order]) -> str:
    Order.objects.filter(pk=orders[0].pk).update(status="canceled", ended_at=NOON)
    return f"order {orders[0].pk} is not there, though event"


def an_order_risen_from_the_dead(user: User, orders: list[Order]) -> str:
    Order.objects.filter(pk=orders[2].pk).update(status="new", ended_at=None)
    return f"order {orders[2].pk} is there, though event"


def a_balance_changed(user: User, orders: list[Order]) -> str:
    Balance.objects.filter(currency="BTC").update(free=5)
    return f"balance {orders[0].key_id} BTC differs from what event"


def a_balance_gone(user: User, orders: list[Order]) -> str:
    Balance.objects.filter(currency="ETH").delete()
    return f"balance {orders[0].key_id} ETH is not there, though event"


def a_notification_read_in_silence(user: User, orders: list[Order]) -> str:
    Notification.objects.filter(user=user).update(read_at=NOON)
    return "notification 1 is not there, though event"


DAMAGES: list[Callable[[User, list[Order]], str]] = [
    a_hole,
    the_end_cut_off,
    a_number_beyond_the_head,
    a_floor_too_high,
    a_floor_too_low,
    no_stream,
    a_time_that_goes_back,
    an_unknown_type,
    an_open_order_changed,
    an_ended_order_changed,
    an_ended_order_removed,
    an_order_nobody_was_told_of,
    an_order_ended_in_silence,
    an_order_risen_from_the_dead,
    a_balance_changed,
    a_balance_gone,
    a_notification_read_in_silence,
]


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_damage_is_found_and_named(
    damage: Callable[[User, list[Order]], str],
    key: ExchangeKey,
    user: User,
    other_user: User,
    capsys: pytest.CaptureFixture[str],
) -> None:
    orders = trade(key)
    words = damage(user, orders)
    assert any(one.startswith(words) for one in wrong(user)), wrong(user)
    code, said = check(capsys)
    assert code == 1
    assert f"ada: {words}" in said
    assert "1 users have something wrong" in said
    told = json.loads(check(capsys, "--json")[1])
    assert (told["ok"], list(told["wrong"])) == (False, ["ada"])
    assert wrong(other_user) == []


def test_a_change_after_the_floor_without_its_event_is_found(key: ExchangeKey, user: User) -> None:
    trade(key)
    about = Event.objects.filter(user=user, type="balance_update").latest("seq").seq
    run("DELETE FROM realtime_event WHERE user_id = %s AND seq <= %s", user.pk, about)
    Stream.objects.filter(user=user).update(floor=about)
    late = timezone.now() + timedelta(minutes=1)
    Balance.objects.filter(currency="BTC").update(changed_at=late)
    assert [words.split(" changed")[0] for words in wrong(user)] == [f"balance {key.pk} BTC"]


def test_much_damage_is_told_in_bounds(transactional_db: None, user: User) -> None:
    run(
        "INSERT INTO realtime_event (user_id, seq, type, data, created_at)"
        " SELECT %s, number * 2, 'system', '{}', now() FROM generate_series(1, 300) AS number",
        user.pk,
    )
    Stream.objects.create(user=user, seq=600)
    assert len(wrong(user)) == audit.SHOWN + 1
    assert wrong(user)[-1] == "and 200 more"


def test_an_unknown_user_is_named(transactional_db: None) -> None:
    with pytest.raises(CommandError, match="no such user"):
        call_command("check_streams", "--user", "nobody")


def test_a_log_that_cannot_be_read_proves_nothing(transactional_db: None, user: User) -> None:
    run("ALTER TABLE realtime_stream RENAME TO gone")
    try:
        with pytest.raises(CommandError, match="cannot be read") as end:
            call_command("check_streams")
        assert end.value.returncode == 2
    finally:
        run("ALTER TABLE gone RENAME TO realtime_stream")


def test_freshness_and_the_names_of_others_do_not_count() -> None:
    order = {"id": 1, "status": "new", "checked_at": None, "key_label": "old"}
    later = order | {"checked_at": "2026-11-21T10:00:00Z", "key_label": "new"}
    assert compare.digest_data(order) == compare.digest_data(later)
    assert compare.digest_data(order) != compare.digest_data(order | {"status": "filled"})
