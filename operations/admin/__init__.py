"""Messages, their ways, pushes, market control, the timetable and the audit log in the admin."""

from operations.admin import audit, backup, health, jobs, market_control, messages, notifications

__all__ = ["audit", "backup", "health", "jobs", "market_control", "messages", "notifications"]
