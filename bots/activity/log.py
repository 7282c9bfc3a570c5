"""The only writer of the activity log: what was done, and why, for its owner to read."""

from collections.abc import Mapping
from datetime import datetime

from bots.models import Bot, LogEntry
from realtime import streams
from realtime.shapes import LogData
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
    details: Mapping[str, str] | None = None,
) -> LogEntry:
    """In the unit of the change that it tells of."""
    line = LogEntry.objects.create(
        user_id=user_id,
        level=level,
        bot=bot,
        order_id=order_id,
        message=message,
        details=dict(details or {}),
        created_at=now,
    )
    unit.event(user_id=user_id, type="log_created", data=log_entry_data(line))
    return line


def log_entry_data(line: LogEntry) -> LogData:
    return LogData(
        id=line.pk,
        level=line.level,  # type: ignore[typeddict-item]  # held to Level by its writer
        bot=line.bot_id,
        order=line.order_id,
        message=line.message,
        details=line.details,
        created_at=format_time(line.created_at),
    )
