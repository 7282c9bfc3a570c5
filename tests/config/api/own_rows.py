"""Rows of a user for the kinds of path that the fixture `rows` has none for."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from bots.models import LogEntry, StopAll
from exchanges.models import ExchangeKey
from exchanges.sharing.actions import offer_key
from operations.models import Alert, Notification, OutboxMessage
from tests.config.api.conftest import MISSING_RUN
from users.api_tokens import actions
from users.models import User


def create_own_rows(user: User, rows: dict[str, int], member: User) -> dict[str, Any]:
    """Return the id of each row by the part of a path that precedes it."""
    now = timezone.now()
    key = ExchangeKey.objects.get(pk=rows["keys"])
    told = {"user": user, "title": "Stop order filled"}
    request = actions.NewToken(name="spare", scopes=("read",), days=30, key_ids=None)
    return {
        "alerts": Alert.objects.create(**told, name="stuck", began_at=now).pk,
        "notifications": Notification.objects.create(**told, created_at=now).pk,
        "api-tokens": actions.create_token(user, request, now=now)[0].pk,
        "logs": LogEntry.objects.create(user=user, level="info", message="on", created_at=now).pk,
        "stop-all": StopAll.objects.create(user=user, asked_at=now, bots=0, orders=0, left=0).pk,
        "grants": offer_key(key, member=member.username, role="viewer", now=now).pk,
        "outbox": create_message(rows["ways"], user).pk,
    }


def create_message(way_id: int, user: User) -> OutboxMessage:
    now = timezone.now()
    return OutboxMessage.objects.create(
        user=user,
        way_id=way_id,
        cause="test",
        message_id=MISSING_RUN,
        category="operations",
        level="info",
        title="Stop order filled",
        created_at=now,
        due_at=now + timedelta(days=1),
    )
