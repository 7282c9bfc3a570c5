"""The only writer of the activity log: actions and their reasons, for the owner of a bot."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from bots.models import Bot, LogEntry
from realtime import streams
from realtime.shapes.events import LogData
from realtime.values import format_time
from users.languages.recipient import write_for
from users.models import User

# In the details of an entry that tells of a stop, for reports; its message has it for people.
STOP_REASON: Final = "stop_reason"


def note(
    unit: streams.Unit,
    *,
    user: User,
    level: LogEntry.Level,
    message: str,
    now: datetime,
    bot: Bot | None = None,
    order_id: int | None = None,
    details: Mapping[str, str] | None = None,
) -> LogEntry:
    """Write an entry in the same unit as the change it describes, and publish it.

    It is stored in the language that its owner has now, and stays so.
    """
    entry = LogEntry.objects.create(
        user=user,
        level=level,
        bot=bot,
        order_id=order_id,
        message=write_for(user, message),
        details=dict(details or {}),
        created_at=now,
    )
    unit.event(user_id=user.pk, type="log_created", data=log_entry_data(entry))
    return entry


def log_entry_data(entry: LogEntry) -> LogData:
    return LogData(
        id=entry.pk,
        level=entry.level,  # type: ignore[typeddict-item]  # held to Level by its writer
        bot=entry.bot_id,
        order=entry.order_id,
        message=entry.message,
        details={name: text for name, text in entry.details.items() if name != STOP_REASON},
        created_at=format_time(entry.created_at),
    )
