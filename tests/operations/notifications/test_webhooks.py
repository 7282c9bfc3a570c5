"""Webhooks as Standard Webhooks says: once by id, tried again, given up, and sent again by hand."""

from datetime import timedelta
from typing import Any

import pytest
import standardwebhooks
from django.utils import timezone

from operations.models import NotificationCategory, NotificationWay, OutboxMessage
from operations.notifications import outbox
from operations.notifications.sending import claims, sender
from operations.notifications.sent import resend
from operations.notifications.ways import actions
from operations.notifications.ways.actions import NewWay
from tests.operations.notifications.conftest import read_messages, send_at, tell
from tests.operations.notifications.receivers import HttpReceiver, Received
from tests.services import list_queued, wait_until
from users.models import User

NOW = timezone.now()


@pytest.fixture
def webhook(user: User, receiver: HttpReceiver) -> NewWay:
    return actions.add_webhook(user, "Desk", f"{receiver.url}/hook", now=NOW)


def reload_way(way: NotificationWay) -> NotificationWay:
    return NotificationWay.objects.get(pk=way.pk)


def verify(secret: str, received: Received) -> dict[str, object]:
    verified: dict[str, object] = standardwebhooks.Webhook(secret).verify(
        received.body, received.headers
    )
    return verified


def test_a_cause_is_told_once_and_signed(
    user: User, webhook: NewWay, receiver: HttpReceiver
) -> None:
    tell(user)
    tell(user)
    assert send_at() == 1
    assert send_at() == 0
    (received,) = receiver.received
    body = verify(webhook.secret, received)
    assert body["type"] == "notification.orders"
    assert body["data"] == {
        "category": "orders",
        "level": "info",
        "title": "Order rejected",
        "message": "BTC/USDT: not enough money.",
        "link": "http://127.0.0.1:8000/orders/",
    }
    (message,) = read_messages(webhook.way)
    assert received.headers["webhook-id"] == message.message_id
    assert (message.status, message.attempts, message.began_at is None) == ("sent", 1, False)
    assert bytes(webhook.way.sealed_address).find(receiver.url.encode()) == -1


@pytest.mark.parametrize("role", ["worker", "stream"])
def test_who_can_send_does_so_at_once(
    transactional_db: None, webhook: NewWay, receiver: HttpReceiver, settings: Any, role: str
) -> None:
    """Without the queue, in which a message would wait behind tasks that wait for a venue."""
    settings.FILLWATCH_ROLE = role
    tell(webhook.way.user)
    wait_until(lambda: [each.status for each in read_messages(webhook.way)] == ["sent"])
    assert len(receiver.received) == 1
    assert list_queued() == []


def test_the_web_has_a_worker_send(
    transactional_db: None, webhook: NewWay, receiver: HttpReceiver, settings: Any
) -> None:
    settings.FILLWATCH_ROLE = "web"
    tell(webhook.way.user)
    assert (list_queued(), receiver.received) == ([outbox.TASK], [])


def test_it_is_tried_again_later_with_the_same_id_and_body(
    user: User, webhook: NewWay, receiver: HttpReceiver
) -> None:
    receiver.answer_with(500)
    tell(user)
    now = timezone.now()
    for attempt in range(len(claims.RETRIES) + 1):
        assert send_at(now) == 1, attempt
        assert send_at(now) == 0
        now += timedelta(hours=13)
    assert len({(each.headers["webhook-id"], each.body) for each in receiver.received}) == 1
    (message,) = read_messages(webhook.way)
    assert (message.status, message.last_error) == ("dead", "The webhook answered HTTP 500.")
    way = reload_way(webhook.way)
    assert (way.is_active, way.failures) == (True, 10)

    receiver.answer_with(204)
    resend.resend_message(user.pk, message.pk, now=now)
    assert send_at(now) == 1
    assert receiver.received[-1].headers["webhook-id"] == message.message_id
    assert reload_way(webhook.way).failures == 0
    with pytest.raises(resend.CannotResend, match="given up"):
        resend.resend_message(user.pk, message.pk, now=now)


def test_who_is_asked_to_wait_waits(user: User, webhook: NewWay, receiver: HttpReceiver) -> None:
    receiver.answer_with(429, {"Retry-After": "3600"})
    tell(user)
    tell(user, "order:2")
    now = timezone.now()
    assert send_at(now) == 1  # the second one waits with it
    assert send_at(now + timedelta(minutes=59)) == 0
    receiver.answer_with(200)
    assert send_at(now + timedelta(minutes=61)) == 2


def test_gone_switches_the_way_off_with_words(
    user: User, webhook: NewWay, receiver: HttpReceiver
) -> None:
    receiver.answer_with(410)
    tell(user)
    tell(user, "order:2")
    assert send_at() == 1
    way = reload_way(webhook.way)
    words = "The webhook answered HTTP 410. It is no more."
    assert (way.is_active, way.off_reason) == (False, words)
    assert [message.status for message in read_messages(way)] == ["dead", "dead"]
    tell(user, "order:3")
    assert len(read_messages(way)) == 2  # nothing new waits for a way that is off
    with pytest.raises(actions.WayRefused, match="switched off"):
        actions.test_way(user.pk, way.pk, now=NOW)
    actions.change_way(user.pk, way.pk, now=NOW, is_active=True)
    assert reload_way(way).off_reason == ""


def test_what_comes_while_the_way_is_switched_off_waits_for_nothing(
    user: User, webhook: NewWay, receiver: HttpReceiver
) -> None:
    """A transaction may have read the way as active, and commits its message afterwards."""
    actions.change_way(user.pk, webhook.way.pk, now=NOW, is_active=False)
    text = outbox.MessageText(
        category=NotificationCategory.ORDERS, cause="order:1", title="Order rejected"
    )
    outbox.make_row(webhook.way, text, now=NOW).save()
    sender.start_sending(now=NOW)
    (message,) = read_messages(webhook.way)
    assert (message.status, message.last_error) == ("dead", "The way is switched off.")
    assert receiver.received == []


def test_a_redirect_is_not_followed(user: User, webhook: NewWay, receiver: HttpReceiver) -> None:
    receiver.answer_with(302, {"Location": f"{receiver.url}/elsewhere"})
    tell(user)
    send_at()
    assert [each.path for each in receiver.received] == ["/hook"]
    assert "Redirects are not followed" in reload_way(webhook.way).last_error


def test_both_secrets_sign_while_one_replaces_the_other(
    user: User, webhook: NewWay, receiver: HttpReceiver
) -> None:
    now = timezone.now()
    rotated = actions.rotate_secret(user.pk, webhook.way.pk, now=now)
    tell(user)
    send_at(now)
    for secret in (webhook.secret, rotated.secret):
        assert verify(secret, receiver.received[0])
    tell(user, "order:2")
    send_at(now + timedelta(hours=25))
    assert receiver.received[1].headers["webhook-signature"].count("v1,") == 1


def test_a_worker_that_lost_its_lease_leaves_the_message(
    user: User, webhook: NewWay, receiver: HttpReceiver
) -> None:
    tell(user)
    now = timezone.now()
    (first,) = claims.claim_batch(webhook.way.pk, now)
    assert claims.claim_batch(webhook.way.pk, now) == []
    assert claims.begin_sending(first, now)
    later = now + timedelta(seconds=61)  # it died, or its machine slept
    (second,) = claims.claim_batch(webhook.way.pk, later)
    assert second.began_at == now  # which says that it may have arrived
    assert claims.begin_sending(second, later)
    assert not claims.begin_sending(first, later)


def test_no_more_a_minute_than_the_rate(
    user: User, webhook: NewWay, receiver: HttpReceiver, settings: object
) -> None:
    settings.NOTIFICATION_RATES = {"webhook": 3}  # type: ignore[attr-defined]
    for number in range(5):
        tell(user, f"order:{number}")
    now = timezone.now()
    assert [send_at(now), send_at(now + timedelta(seconds=59))] == [3, 0]
    assert send_at(now + timedelta(seconds=60)) == 2


def test_a_test_is_sent_whatever_the_way_is_for(
    user: User, other_user: User, webhook: NewWay, receiver: HttpReceiver
) -> None:
    actions.change_way(user.pk, webhook.way.pk, now=NOW, categories=[])
    actions.test_way(user.pk, webhook.way.pk, now=timezone.now())
    send_at()
    assert receiver.received[0].read_json()["data"]["title"] == "Test by Fillwatch"
    for act in (actions.test_way, actions.rotate_secret):
        with pytest.raises(NotificationWay.DoesNotExist):
            act(other_user.pk, webhook.way.pk, now=NOW)
    assert not actions.remove_way(other_user.pk, webhook.way.pk)
    assert actions.remove_way(user.pk, webhook.way.pk)
    assert not OutboxMessage.objects.exists()
