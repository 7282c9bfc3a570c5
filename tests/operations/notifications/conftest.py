"""Receivers on this machine, which no address check refuses here, and a clock that tests set."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from operations.models import NotificationCategory, NotificationWay, OutboxMessage
from operations.notifications import record
from operations.notifications.sending import sender
from tests.operations.notifications.receivers import HttpReceiver, receive_http
from users.models import User


@pytest.fixture
def receiver(settings: Any) -> Iterator[HttpReceiver]:
    settings.NOTIFICATION_ALLOW_NETWORKS = ["127.0.0.0/8"]
    with receive_http() as started:
        yield started


def tell(user: User, cause: str = "order:1", **changes: Any) -> None:
    text: dict[str, Any] = {
        "category": NotificationCategory.ORDERS,
        "title": "Order rejected",
        "message": "BTC/USDT: not enough money.",
        "link": "/orders/",
        "now": timezone.now() - timedelta(seconds=1),  # due now, whenever a test's clock began
    }
    record.tell_user(user_id=user.pk, cause=cause, **(text | changes))


def send_at(now: datetime | None = None) -> int:
    """Send all that is due at this time, in this thread."""
    moment = now or timezone.now()
    return sender.send_due(now=moment, clock=lambda: moment)


def read_messages(way: NotificationWay) -> list[OutboxMessage]:
    return list(OutboxMessage.objects.filter(way=way).order_by("id"))
