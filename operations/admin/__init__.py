"""Messages, pushes, market control, the timetable and the audit log in the admin."""

from operations.admin import audit, health, jobs, market_control, messages

__all__ = ["audit", "health", "jobs", "market_control", "messages"]
