"""Messages, pushes, market control and the timetable in the admin."""

from operations.admin import health, jobs, market_control, messages

__all__ = ["health", "jobs", "market_control", "messages"]
