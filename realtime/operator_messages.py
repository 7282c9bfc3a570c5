"""Messages to operators about what another operator did to users or their sockets."""

from datetime import datetime

from django.db import transaction

from realtime import publish
from realtime.shapes.notes import AdminMessageData
from realtime.values import format_time


def notify_staff(*, by: str, action: str, target: str, message: str, now: datetime) -> None:
    """Send operators the message after the commit; the audit log keeps it for those away."""
    data = AdminMessageData(by=by, action=action, target=target, words=message, at=format_time(now))
    transaction.on_commit(
        lambda: publish.notify_staff(type="admin_message", data=data), robust=True
    )
