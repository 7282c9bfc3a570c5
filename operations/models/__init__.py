"""Messages to users and records of what operators did."""

from operations.models.messages import Alert, AlertLevel, Broadcast, MessageLevel, Notification
from operations.models.push import Push

__all__ = [
    "Alert",
    "AlertLevel",
    "Broadcast",
    "MessageLevel",
    "Notification",
    "Push",
]
