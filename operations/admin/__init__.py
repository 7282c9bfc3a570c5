"""Messages, their ways, pushes, market control, the timetable and the audit log in the admin."""

from operations.admin import (
    alerts,
    audit,
    backup,
    health,
    jobs,
    market_control,
    messages,
    notifications,
    reports,
)

__all__ = [
    "alerts",
    "audit",
    "backup",
    "health",
    "jobs",
    "market_control",
    "messages",
    "notifications",
    "reports",
]
