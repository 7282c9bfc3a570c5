"""Rules that raise alerts, and the history of each alert."""

from typing import Any, Final

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy

from operations.models.messages import Alert, AlertLevel

RIGHT: Final = "operate_alerts"


class AlertRule(models.Model):
    """A condition that raises alerts while it holds. Written by operations/alerts/rules/.

    Without a user it is a rule of operators, whose alerts go to each of them. What kinds there are
    and what conditions they take is in operations/alerts/evaluators/registry.py.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="alert_rules",
    )
    kind = models.CharField(max_length=30)
    name = models.CharField(max_length=60)
    conditions = models.JSONField(default=dict, blank=True)
    level = models.CharField(max_length=10, choices=AlertLevel.choices, default=AlertLevel.WARNING)
    cooldown_seconds = models.PositiveIntegerField("quiet after an end", default=300)
    clear_seconds = models.PositiveIntegerField("well for so long before it ends", default=30)
    tells_end = models.BooleanField("tells when it ends", default=True)
    is_active = models.BooleanField(default=True)
    is_default = models.BooleanField("came with Fillwatch", default=False)
    active_since = models.DateTimeField()
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        permissions = [(RIGHT, "Can see and settle alerts of operators, and change their rules")]
        indexes = [
            models.Index(fields=["kind", "id"], name="rule_active", condition=Q(is_active=True))
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "kind"],
                condition=Q(is_default=True),
                nulls_distinct=False,
                name="rule_default_once",
            ),
            models.CheckConstraint(
                condition=Q(level__in=AlertLevel.values), name="rule_level_known"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def read_text(self, name: str) -> str:
        """Return a condition as text; empty when it is not set."""
        value: Any = self.conditions.get(name)
        return "" if value is None else str(value)

    def read_number(self, name: str) -> int | None:
        """Return a condition that is a whole number; None when it is not set."""
        value = self.conditions.get(name)
        return None if value is None else int(value)


class AlertChange(models.Model):
    """A step in the life of an alert. Written by operations/alerts/record.py."""

    class Step(models.TextChoices):
        RAISED = "raised", gettext_lazy("Raised")
        CHANGED = "changed", gettext_lazy("Changed")
        ACKNOWLEDGED = "acknowledged", gettext_lazy("Acknowledged")
        RESOLVED = "resolved", gettext_lazy("Resolved")

    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="changes")
    step = models.CharField(max_length=12, choices=Step.choices)
    by = models.CharField(max_length=150, blank=True, default="")  # empty: Fillwatch itself
    note = models.CharField(max_length=300, blank=True, default="")
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        default_permissions = ("view",)

    def __str__(self) -> str:
        return f"alert {self.alert_id} {self.step}"
