"""Notifications, alerts and broadcasts."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy

from operations.models.notification_ways import NotificationCategory


class MessageLevel(models.TextChoices):
    INFO = "info", gettext_lazy("Information")
    SUCCESS = "success", gettext_lazy("Success")
    WARNING = "warning", gettext_lazy("Warning")
    ERROR = "error", gettext_lazy("Error")


class AlertLevel(models.TextChoices):
    WARNING = "warning", gettext_lazy("Warning")
    CRITICAL = "critical", gettext_lazy("Critical")


class Notification(models.Model):
    """A message to a user. Written by operations/notifications/record.py."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notifications"
    )
    level = models.CharField(max_length=10, choices=MessageLevel.choices, default=MessageLevel.INFO)
    title = models.CharField(max_length=120)
    message = models.TextField(blank=True, default="")
    link = models.CharField(max_length=300, blank=True, default="")
    # db_default: processes of the release before write rows too while it is replaced.
    category = models.CharField(
        max_length=12,
        choices=NotificationCategory.choices,
        default=NotificationCategory.OPERATIONS,
        db_default=NotificationCategory.OPERATIONS,
    )
    cause = models.CharField(max_length=150, blank=True, default="", db_default="")
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)
    dismissed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["user", "-id"], name="notification_newest"),
            models.Index(
                fields=["user", "id"], name="notification_unread", condition=Q(read_at=None)
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "cause"], condition=~Q(cause=""), name="notification_once_per_cause"
            ),
            models.CheckConstraint(
                condition=Q(level__in=MessageLevel.values), name="notification_level_known"
            ),
        ]

    def __str__(self) -> str:
        return self.title


class Alert(models.Model):
    """Something that is wrong until it ends. Written by operations/alerts/record.py.

    While it is open its name is its user's own, so that the same trouble is one alert.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="alerts"
    )
    name = models.CharField(max_length=100)
    level = models.CharField(max_length=10, choices=AlertLevel.choices, default=AlertLevel.WARNING)
    title = models.CharField(max_length=120)
    message = models.TextField(blank=True, default="")
    link = models.CharField(max_length=300, blank=True, default="")
    # The rule whose condition holds; without one, Fillwatch itself watches for this trouble.
    rule = models.ForeignKey(
        "operations.AlertRule",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="alerts",
    )
    began_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)
    # db_default: processes of the release before write rows too while it is replaced.
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by = models.CharField(max_length=150, blank=True, default="", db_default="")
    note = models.CharField(max_length=300, blank=True, default="", db_default="")
    clear_since = models.DateTimeField("well since", null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.CharField(max_length=150, blank=True, default="", db_default="")

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["user", "-id"], name="alert_newest"),
            models.Index(
                fields=["rule", "ended_at"], name="alert_of_rule", condition=~Q(rule=None)
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "name"], condition=Q(ended_at=None), name="alert_open_once"
            ),
            models.CheckConstraint(
                condition=Q(level__in=AlertLevel.values), name="alert_level_known"
            ),
        ]

    def __str__(self) -> str:
        return self.title


class Broadcast(models.Model):
    """A message to all users, and how far it was sent. By operations/messages/broadcast.py."""

    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    level = models.CharField(max_length=10, choices=MessageLevel.choices, default=MessageLevel.INFO)
    title = models.CharField(max_length=120)
    message = models.TextField(blank=True, default="")
    created_at = models.DateTimeField()
    of = models.PositiveIntegerField("users to be told", default=0)
    told = models.PositiveIntegerField("users told", default=0)
    reached = models.BigIntegerField("told up to this user", default=0)
    last = models.BigIntegerField("the last user to be told", default=0)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["id"], name="broadcast_unfinished", condition=Q(finished_at=None))
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(level__in=MessageLevel.values), name="broadcast_level_known"
            )
        ]

    def __str__(self) -> str:
        return self.title
