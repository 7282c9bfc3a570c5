"""The only writer of the activity log: actions and their reasons, for the owner of a bot."""

from datetime import datetime

from bots.models import Bot, LogEntry
from realtime import streams
from realtime.shapes.events import LogData
from realtime.values import format_time


def note(
    unit: streams.Unit,
    *,
    user_id: int,
    level: LogEntry.Level,
    message: str,
    now: datetime,
    bot: Bot | None = None,
    order_id: int | None = None,
) -> LogEntry:
    """Write an entry in the same unit as the change it describes, and publish it."""
    entry = LogEntry.objects.create(
        user_id=user_id,
        level=level,
        bot=bot,
        order_id=order_id,
        message=message,
        created_at=now,
    )
    unit.event(user_id=user_id, type="log_created", data=log_entry_data(entry))
    return entry


def log_entry_data(entry: LogEntry) -> LogData:
    return LogData(
        id=entry.pk,
        level=entry.level,  # type: ignore[typeddict-item]  # held to Level by its writer
        bot=entry.bot_id,
        order=entry.order_id,
        message=entry.message,
        details=entry.details,
        created_at=format_time(entry.created_at),
    )
