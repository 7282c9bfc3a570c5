"""Messages, pushes and the timetable in the admin."""

from operations.admin import jobs, messages

__all__ = ["jobs", "messages"]
