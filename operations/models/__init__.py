"""Messages to users, records of operators, runs of jobs, and what health checks measured."""

from operations.models.health import HealthCheck, HealthHour, HealthStatus
from operations.models.jobs import BeatLease, JobChange, JobRun, JobRunState, JobState
from operations.models.market_control import MarketChange, MarketScenario, MarketSession
from operations.models.messages import Alert, AlertLevel, Broadcast, MessageLevel, Notification
from operations.models.push import Push

__all__ = [
    "Alert",
    "AlertLevel",
    "BeatLease",
    "Broadcast",
    "HealthCheck",
    "HealthHour",
    "HealthStatus",
    "JobChange",
    "JobRun",
    "JobRunState",
    "JobState",
    "MarketChange",
    "MarketScenario",
    "MarketSession",
    "MessageLevel",
    "Notification",
    "Push",
]
