"""Messages by API: each owner's own, read by posting, and nobody else's."""

from datetime import timedelta

import pytest

from bots.models import Signal
from bots.signals import record
from operations.alerts import record as alerts
from operations.notifications import record as notifications
from tests.operations.conftest import Ask
from tests.orders.reports import NOON
from users.models import User


def told(user: User, *titles: str) -> list[int]:
    return [notifications.notify(user_id=user.pk, title=one, now=NOON).pk for one in titles]


def titles(answer: object) -> list[str]:
    return [one["title"] for one in answer.json()["results"]]  # type: ignore[attr-defined]


def test_notifications_newest_first_and_in_pages(ask: Ask, user: User, other_user: User) -> None:
    told(user, "one", "two", "three")
    told(other_user, "mine")
    page = ask(user, "GET", "notifications/?limit=2")
    assert titles(page) == ["three", "two"]
    assert page.json()["next"]
    assert titles(ask(other_user, "GET", "notifications/")) == ["mine"]


def test_a_read_one_is_no_longer_unread(ask: Ask, user: User) -> None:
    first, _ = told(user, "one", "two")
    answer = ask(user, "POST", f"notifications/{first}/read/")
    assert answer.json()["read_at"]
    assert ask(user, "POST", f"notifications/{first}/read/").json() == answer.json()
    assert titles(ask(user, "GET", "notifications/?unread=true")) == ["two"]
    assert titles(ask(user, "GET", "notifications/?unread=false")) == ["one"]


def test_all_are_read_at_once(ask: Ask, user: User, other_user: User) -> None:
    told(user, "one", "two")
    told(other_user, "mine")
    assert ask(user, "POST", "notifications/read-all/").json() == {"read": 2}
    assert ask(user, "POST", "notifications/read-all/").json() == {"read": 0}
    assert titles(ask(other_user, "GET", "notifications/?unread=true")) == ["mine"]


def test_alerts_open_or_all(ask: Ask, user: User) -> None:
    for name in ("disk", "key 1"):
        alerts.begin_alert(user_id=user.pk, name=name, title=name, now=NOON)
    alerts.end_alert(user_id=user.pk, name="disk", now=NOON + timedelta(seconds=1))
    assert titles(ask(user, "GET", "alerts/")) == ["key 1", "disk"]
    assert titles(ask(user, "GET", "alerts/?open=true")) == ["key 1"]
    seen = ask(user, "POST", f"alerts/{alerts.open_alerts(user.pk).get().pk}/read/").json()
    assert seen["read_at"]
    assert seen["ended_at"] is None


def test_signals_by_status(ask: Ask, user: User) -> None:
    for symbol in ("BTC/USDT", "ETH/USDT"):
        record.create_signal(
            user_id=user.pk, source="alarm", symbol=symbol, side=Signal.Side.BUY, now=NOON
        )
    first = record.list_pending(user.pk).earliest("id")
    record.settle_signal(first.pk, outcome=Signal.Status.EXPIRED, now=NOON)
    waiting = ask(user, "GET", "signals/?status=pending").json()["results"]
    assert [one["symbol"] for one in waiting] == ["ETH/USDT"]
    both = ask(user, "GET", "signals/?status=pending&status=expired").json()["results"]
    assert len(both) == 2
    assert ask(user, "GET", f"signals/{first.pk}/").json()["status"] == "expired"


def test_what_is_anothers_is_not_there(ask: Ask, user: User, other_user: User) -> None:
    number = told(other_user, "mine")[0]
    alert = alerts.begin_alert(user_id=other_user.pk, name="disk", title="Full", now=NOON)
    signal = record.create_signal(
        user_id=other_user.pk, source="alarm", symbol="X", side=Signal.Side.BUY, now=NOON
    )
    for method, path in [
        ("GET", f"notifications/{number}/"),
        ("POST", f"notifications/{number}/read/"),
        ("GET", f"alerts/{alert.pk}/"),
        ("POST", f"alerts/{alert.pk}/read/"),
        ("GET", f"signals/{signal.pk}/"),
    ]:
        assert ask(user, method, path).status_code == 404, path
    assert notifications.unread_notifications(other_user.pk).count() == 1


@pytest.mark.parametrize("path", ["notifications/", "alerts/", "signals/", "snapshot/"])
def test_only_who_signed_in_is_told_anything(ask: Ask, path: str) -> None:
    assert ask(None, "GET", path).status_code == 401
