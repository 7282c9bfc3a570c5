"""Messages and their ways, records of operators, jobs, health checks, reports, the audit log."""

from operations.models.alert_rules import AlertChange, AlertRule
from operations.models.audit import AuditChange, AuditCheckpoint, AuditSeal, ServiceLog
from operations.models.backup import BackupRun
from operations.models.health import FigureBucket, HealthCheck, HealthHour, HealthStatus
from operations.models.jobs import BeatLease, JobChange, JobRun, JobRunState, JobState
from operations.models.market_control import MarketChange, MarketScenario, MarketSession
from operations.models.messages import Alert, AlertLevel, Broadcast, MessageLevel, Notification
from operations.models.notification_ways import (
    NotificationCategory,
    NotificationCursor,
    NotificationPreferences,
    NotificationWay,
    SignInPlace,
    TelegramLink,
    TelegramUpdates,
)
from operations.models.outbox import OutboxMessage
from operations.models.push import Push
from operations.models.reports import PeriodReport, ReportKind

__all__ = [
    "Alert",
    "AlertChange",
    "AlertLevel",
    "AlertRule",
    "AuditChange",
    "AuditCheckpoint",
    "AuditSeal",
    "BackupRun",
    "BeatLease",
    "Broadcast",
    "FigureBucket",
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
    "NotificationCategory",
    "NotificationCursor",
    "NotificationPreferences",
    "NotificationWay",
    "OutboxMessage",
    "PeriodReport",
    "Push",
    "ReportKind",
    "ServiceLog",
    "SignInPlace",
    "TelegramLink",
    "TelegramUpdates",
]
