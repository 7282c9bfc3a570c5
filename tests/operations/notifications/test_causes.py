"""What people are told today: found in their events and sign-ins, once, and quiet by default."""

from datetime import timedelta
from typing import Any

from allauth.usersessions.models import UserSession
from django.utils import timezone, translation

from operations.alerts import record as alerts
from operations.models import AlertLevel, Notification, OutboxMessage
from operations.notifications.causes import event_texts, events, sign_ins
from operations.notifications.preferences import change_preferences
from operations.notifications.ways import actions
from realtime import frames, streams
from realtime.docs.reference import EXAMPLES
from users.models import User

NOW = timezone.now()


def example(kind: str, **changes: Any) -> Any:
    return {**EXAMPLES[kind], **changes}


def add_event(user: User, kind: Any, data: Any) -> None:
    with streams.unit() as unit:
        unit.event(user_id=user.pk, type=kind, data=data)


def list_titles(user: User) -> list[str]:
    return list(
        Notification.objects.filter(user=user).order_by("id").values_list("title", flat=True)
    )


def list_sent(user: User) -> list[str]:
    rows = OutboxMessage.objects.filter(user=user).order_by("id")
    return list(rows.values_list("cause", flat=True))


def test_orders_bots_and_signals(user: User, other_user: User) -> None:
    actions.add_webhook(user, "All", "https://example.org/", now=NOW)
    order = {"id": 7, "quantity": "2", "symbol": "BTC/USDT", "side": "buy", "simulated": True}
    add_event(user, "order_update", example("order_update", **order))
    ended = {"status": "canceled", "ended_by": "venue", "ended_reason": "Self-trade."}
    for _ in range(2):
        add_event(user, "order_update", example("order_update", **order, **ended))
        add_event(user, "order_filled", example("order_filled", **order))
        add_event(user, "bot_update", example("bot_update", id=3, mode="error", name="Grid", run=2))
        assert events.tell_of_events(now=NOW) in (2, 2)
    by_user = {"status": "canceled", "ended_by": "user"}
    add_event(user, "order_update", example("order_update", **order, **by_user))
    assert events.tell_of_events(now=NOW) == 0
    titles = list_titles(user)
    assert titles[0] == "Order cancelled by its venue: buy 2 BTC/USDT (SIMULATED)"
    assert titles[1].startswith("Bot stopped with an error: Grid")
    assert (len(titles), list_sent(user)) == (2, ["order:7:canceled", "bot:3:2:error"])
    assert list_titles(other_user) == []


def test_fills_are_told_to_who_wants_them(user: User) -> None:
    add_event(user, "order_filled", example("order_filled", id=1))
    events.tell_of_events(now=NOW)
    assert list_titles(user) == []
    change_preferences(user.pk, in_app=["fills"])
    add_event(user, "order_filled", example("order_filled", id=2))
    add_event(user, "bot_update", example("bot_update", mode="error"))
    events.tell_of_events(now=NOW)
    assert [title.startswith("Order filled") for title in list_titles(user)] == [True]


def test_texts_fit_and_every_type_is_one_of_the_stream() -> None:
    assert event_texts.WRITERS.keys() <= frames.EVENTS.keys()
    long = example("bot_update", mode="error", name="x" * 200)
    text = event_texts.write_text("bot_update", long)
    assert text
    assert len(text.title) == 120
    assert event_texts.write_text("trade", {}) is None


def test_an_alert_is_told_when_it_begins_gets_worse_and_ends(user: User) -> None:
    actions.add_webhook(user, "All", "https://example.org/", now=NOW)
    text: Any = {"user_id": user.pk, "name": "key:7", "title": "Refused", "now": NOW}
    for _ in range(2):
        alert = alerts.begin_alert(**text)
        alerts.begin_alert(**text, level=AlertLevel.CRITICAL)
    assert alerts.end_alert(user_id=user.pk, name="key:7", now=NOW)
    events.tell_of_events(now=NOW)
    causes = [f"alert:{alert.pk}:{what}" for what in ("warning", "critical", "ended")]
    assert list_sent(user) == causes
    assert OutboxMessage.objects.first().category == "keys"  # type: ignore[union-attr]
    assert list_titles(user) == []  # the application shows the alert itself


def sign_in(user: User, address: str) -> None:
    UserSession.objects.create(
        user=user, ip=address, session_key=f"{address}-{UserSession.objects.count()}", user_agent=""
    )


def test_a_sign_in_from_a_new_place(user: User, other_user: User) -> None:
    sign_in(user, "203.0.113.7")
    assert sign_ins.tell_of_sign_ins(now=timezone.now()) == 0  # the first place of all
    sign_in(user, "203.0.113.99")  # the same network
    sign_in(other_user, "198.51.100.1")
    assert sign_ins.tell_of_sign_ins(now=timezone.now()) == 0
    sign_in(user, "2001:db8:1:2::3")
    now = timezone.now()
    assert [sign_ins.tell_of_sign_ins(now=now) for _ in range(2)] == [1, 0]
    assert "2001:db8:1:2::3" in Notification.objects.get(user=user).message
    sign_in(user, "192.0.2.1")
    assert sign_ins.tell_of_sign_ins(now=now + timedelta(hours=2)) == 0  # long ago


def test_a_message_is_in_the_language_of_its_user(user: User) -> None:
    User.objects.filter(pk=user.pk).update(language="de")
    add_event(user, "bot_update", example("bot_update", mode="error", name="Grid"))
    events.tell_of_events(now=NOW)
    assert [title.startswith("Bot mit Fehler gestoppt: Grid") for title in list_titles(user)] == [
        True
    ]
    assert translation.get_language() == "en"
