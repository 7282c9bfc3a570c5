"""Queue a message that was given up once more, or drop it."""

from datetime import datetime

from django.contrib.admin.models import DELETION, LogEntry
from django.db import transaction

from operations.models import NotificationWay, OutboxMessage
from operations.notifications import outbox
from users.models import User


class CannotResend(Exception):
    """The message was not given up, or its way is off, or somebody else was faster."""


def resend_message(user_id: int, message_id: int, *, now: datetime) -> OutboxMessage:
    """Queue it with the same id, so that a receiver who had it after all counts it once."""
    with transaction.atomic():
        own = OutboxMessage.objects.select_for_update(of=("self",)).filter(user=user_id)
        message = own.get(pk=message_id)
        if message.status != OutboxMessage.OutboxStatus.DEAD:
            raise CannotResend("Only a message that was given up can be sent again.")
        if not NotificationWay.objects.get(pk=message.way_id).is_active:
            raise CannotResend("Its way is switched off. Switch it on first.")
        message.status, message.due_at, message.done_at = (
            OutboxMessage.OutboxStatus.WAITING,
            now,
            None,
        )
        message.attempts = 0
        message.save(update_fields=["status", "due_at", "done_at", "attempts"])
        outbox.request_sending()
    return message


def drop_message(message_id: int, *, by: User) -> None:
    """Delete a message that was given up; the admin's history keeps who did it."""
    with transaction.atomic():
        rows = OutboxMessage.objects.select_for_update(of=("self",)).filter(pk=message_id)
        message = rows.filter(status=OutboxMessage.OutboxStatus.DEAD).first()
        if message is None:
            raise CannotResend("Only a message that was given up can be dropped.")
        text = f"Dropped the message {message.message_id} to user {message.user_id}."
        LogEntry.objects.log_actions(by.pk, [message], DELETION, text, single_object=True)
        message.delete()
