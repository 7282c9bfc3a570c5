"""Send what was collected, in quiet hours or for an hour or a day, as one message."""

from collections import Counter
from datetime import datetime
from typing import Final

from django.db import transaction
from django.utils.translation import gettext as _

from operations.models import MessageLevel, NotificationCategory, NotificationWay, OutboxMessage
from operations.notifications.outbox import MessageText, make_row, request_sending
from users.languages.recipient import speak_to

COLLECTED: Final = OutboxMessage.OutboxStatus.COLLECTED
MOST_LISTED: Final = 30
LEVELS: Final = [*MessageLevel.values]  # from the mildest


def merge_due(*, now: datetime) -> int:
    """Make one message of what each way collected until now; return how many were made."""
    due = OutboxMessage.objects.filter(status=COLLECTED, due_at__lte=now, way__is_active=True)
    way_ids = list(due.order_by().values_list("way", flat=True).distinct())
    return sum(_merge_way(way_id, now) for way_id in way_ids)


@transaction.atomic
def _merge_way(way_id: int, now: datetime) -> bool:
    way = NotificationWay.objects.select_for_update(skip_locked=True).filter(pk=way_id).first()
    if way is None:
        return False  # another worker is at it
    collected = OutboxMessage.objects.filter(way=way, status=COLLECTED, due_at__lte=now)
    messages = list(collected.order_by("id"))
    if len(messages) == 1:
        collected.update(status=OutboxMessage.OutboxStatus.WAITING)
    elif messages:
        with speak_to(way.user):  # as the titles are that it lists
            summary = _write_summary(messages)
        make_row(way, summary, now=now).save(force_insert=True)
        collected.filter(pk__in=[message.pk for message in messages]).update(
            status=OutboxMessage.OutboxStatus.MERGED, done_at=now
        )
    request_sending()
    return bool(messages)


def _write_summary(messages: list[OutboxMessage]) -> MessageText:
    lines = [_write_line(message) for message in messages[:MOST_LISTED]]
    if len(messages) > MOST_LISTED:
        lines.append(_("… and %(count)s more.") % {"count": len(messages) - MOST_LISTED})
    categories = Counter(message.category for message in messages)
    return MessageText(
        category=NotificationCategory(categories.most_common(1)[0][0]),
        cause=f"collection:{messages[-1].pk}",
        title=_("%(count)s messages by Fillwatch") % {"count": len(messages)},
        message="\n".join(lines),
        link="/notifications/",
        level=MessageLevel(max((message.level for message in messages), key=LEVELS.index)),
    )


def _write_line(message: OutboxMessage) -> str:
    return f"{message.created_at:%Y-%m-%d %H:%M} UTC · {message.title}"
