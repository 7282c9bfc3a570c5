"""Messages, pushes and the timetable in the admin."""

from operations.admin import health, jobs, messages

__all__ = ["health", "jobs", "messages"]
