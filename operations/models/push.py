"""Messages that operators pushed by API."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class Push(models.Model):
    """A record of what an operator pushed by API, to whom, and its result."""

    class Kind(models.TextChoices):
        MARKET = "market", "Market"
        SIGNAL = "signal", "Signal"
        NOTIFICATION = "notification", "Notification"
        ALERT = "alert", "Alert"
        BROADCAST = "broadcast", "Broadcast"

    operator = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    by = models.CharField("operator's name", max_length=150)  # who it was, even when they are gone
    kind = models.CharField(max_length=20, choices=Kind.choices)
    target = models.CharField(max_length=200)
    body = models.JSONField()
    done = models.BooleanField()
    result = models.JSONField(default=dict)
    idempotency_key = models.CharField(max_length=100, blank=True, default="")
    at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "pushes"
        constraints = [
            models.UniqueConstraint(
                fields=["operator", "idempotency_key"],
                condition=~Q(idempotency_key=""),
                name="push_once_per_key",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} to {self.target} by {self.by}"
