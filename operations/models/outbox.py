"""Messages on their way out of the application, and what became of them."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from operations.models.messages import MessageLevel
from operations.models.notification_ways import NotificationCategory, NotificationWay


class OutboxMessage(models.Model):
    """One message for one way. Written by notifications/outbox and notifications/sending.

    `began_at` says that sending began and its result is not known: if its process died, the
    message may have arrived.
    """

    class OutboxStatus(models.TextChoices):
        COLLECTED = "collected", "Waits for its collection"
        WAITING = "waiting", "Waits to be sent"
        SENT = "sent", "Sent"
        DEAD = "dead", "Given up"
        MERGED = "merged", "Sent in a collection"

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    way = models.ForeignKey(
        NotificationWay, on_delete=models.CASCADE, related_name="messages", db_index=False
    )
    cause = models.CharField(max_length=150)
    message_id = models.CharField(max_length=36, unique=True)
    category = models.CharField(max_length=12, choices=NotificationCategory.choices)
    level = models.CharField(max_length=10, choices=MessageLevel.choices)
    title = models.CharField(max_length=120)
    message = models.TextField(blank=True, default="")
    link = models.CharField(max_length=300, blank=True, default="")
    status = models.CharField(
        max_length=10, choices=OutboxStatus.choices, default=OutboxStatus.WAITING
    )
    created_at = models.DateTimeField()
    due_at = models.DateTimeField()
    leased_until = models.DateTimeField(null=True, blank=True)
    began_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    last_error = models.CharField(max_length=200, default="")
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["user", "-id"], name="outbox_newest"),
            models.Index(
                fields=["way", "due_at", "id"], name="outbox_waiting", condition=Q(status="waiting")
            ),
            models.Index(
                fields=["way", "due_at"], name="outbox_collected", condition=Q(status="collected")
            ),
            models.Index(fields=["done_at"], name="outbox_done", condition=~Q(done_at=None)),
        ]
        constraints = [
            models.UniqueConstraint(fields=["way", "cause"], name="outbox_once_per_cause"),
            models.CheckConstraint(
                condition=Q(status__in=["collected", "waiting", "sent", "dead", "merged"]),
                name="outbox_status_known",
            ),
        ]

    def __str__(self) -> str:
        return self.title
