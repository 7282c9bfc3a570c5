"""Messages to users, records of what operators did, and the runs of jobs."""

from operations.models.jobs import BeatLease, JobChange, JobRun, JobRunState, JobState
from operations.models.messages import Alert, AlertLevel, Broadcast, MessageLevel, Notification
from operations.models.push import Push

__all__ = [
    "Alert",
    "AlertLevel",
    "BeatLease",
    "Broadcast",
    "JobChange",
    "JobRun",
    "JobRunState",
    "JobState",
    "MessageLevel",
    "Notification",
    "Push",
]
