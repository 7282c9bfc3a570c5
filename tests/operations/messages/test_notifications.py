"""What people are told: once each, to its owner alone, and gone when it was read or is over."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from operations.alerts import record as alerts
from operations.models import Alert, AlertLevel, Notification
from operations.notifications import record as notifications
from realtime.models import Event
from tests.orders.reports import NOON
from users.models import User

LATER = NOON + timedelta(minutes=1)


def events(user: User, kind: str) -> list[Any]:
    return [event.data for event in Event.objects.filter(user=user, type=kind).order_by("seq")]


def trouble(user: User, **changes: Any) -> Alert:
    words: dict[str, Any] = {"name": "key 7", "title": "Refused", "now": NOON}
    return alerts.begin_alert(user_id=user.pk, **(words | changes))


def at_once(act: Callable[[], object], times: int) -> list[Any]:
    def one(_: int) -> object:
        try:
            return act()
        finally:
            connection.close()

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(one, range(times)))


def test_a_notification_is_told_and_then_told_to_be_read(user: User) -> None:
    one = notifications.notify(user_id=user.pk, title="Welcome", link="/orders/", now=NOON)
    notifications.mark_read(one.pk, user_id=user.pk, now=LATER)
    notifications.mark_read(one.pk, user_id=user.pk, now=LATER)
    told = events(user, "notification")
    assert [data["read_at"] for data in told] == [None, "2026-03-01T12:01:00.000000Z"]
    assert told[0] | {"read_at": told[1]["read_at"]} == told[1]


def test_nobody_reads_what_another_was_told(user: User, other_user: User) -> None:
    one = notifications.notify(user_id=user.pk, title="Welcome", now=NOON)
    with pytest.raises(Notification.DoesNotExist):
        notifications.mark_read(one.pk, user_id=other_user.pk, now=LATER)
    alert = trouble(user)
    with pytest.raises(Alert.DoesNotExist):
        alerts.mark_read(alert.pk, user_id=other_user.pk, now=LATER)


def test_all_are_read_in_parts_and_each_is_told(
    user: User, other_user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notifications, "BATCH", 2)
    for number in range(5):
        notifications.notify(user_id=user.pk, title=str(number), now=NOON)
    notifications.notify(user_id=other_user.pk, title="mine", now=NOON)
    notifications.notify(user_id=user.pk, title="came meanwhile", now=LATER + LATER.resolution)
    assert notifications.mark_all_read(user.pk, now=LATER) == 5
    assert [one.title for one in notifications.unread_notifications(user.pk)] == ["came meanwhile"]
    assert notifications.unread_notifications(other_user.pk).count() == 1
    assert len(events(user, "notification")) == 6 + 5


def test_the_same_trouble_is_one_alert(user: User) -> None:
    first, again = trouble(user), trouble(user, now=LATER)
    assert first == again
    assert len(events(user, "alert")) == 1


def test_new_words_of_the_same_trouble_are_told_even_to_who_had_seen_the_old(user: User) -> None:
    first = trouble(user)
    alerts.mark_read(first.pk, user_id=user.pk, now=LATER)
    worse = trouble(user, level=AlertLevel.CRITICAL, now=LATER)
    assert (worse.pk, worse.read_at, worse.began_at) == (first.pk, None, NOON)
    assert [data["level"] for data in events(user, "alert")] == ["warning", "warning", "critical"]


def test_an_alert_that_ended_can_begin_anew(user: User) -> None:
    first = trouble(user)
    assert alerts.end_alert(user_id=user.pk, name="key 7", now=LATER)
    assert not alerts.end_alert(user_id=user.pk, name="key 7", now=LATER)
    assert trouble(user, now=LATER).pk != first.pk
    ends = [data["ended_at"] is not None for data in events(user, "alert")]
    assert ends == [False, True, False]


def test_each_user_has_alerts_of_their_own(user: User, other_user: User) -> None:
    trouble(user)
    trouble(other_user)
    alerts.end_alert(user_id=user.pk, name="key 7", now=LATER)
    assert alerts.open_alerts(other_user.pk).count() == 1


def test_many_who_see_the_same_trouble_at_once_make_one_alert(
    transactional_db: None, user: User
) -> None:
    assert len({alert.pk for alert in at_once(lambda: trouble(user), 6)}) == 1
    assert len(events(user, "alert")) == 1
    ended = at_once(lambda: alerts.end_alert(user_id=user.pk, name="key 7", now=LATER), 6)
    assert sorted(ended) == [False] * 5 + [True]
    assert len(events(user, "alert")) == 2
