"""The log of what was told to whom: one numbered stream of events per user."""

from django.conf import settings
from django.db import models


class Stream(models.Model):
    """The end of a user's log. A missing row means: nothing yet, in the first epoch.

    `epoch` is raised by an operator to void every client's position; a restored or failed-over
    database changes the epoch on the wire without it (see streams.EPOCH).
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="stream"
    )
    epoch = models.PositiveIntegerField(default=1, db_default=1)
    seq = models.BigIntegerField("last number", default=0, db_default=0)
    floor = models.BigIntegerField("pruned up to", default=0, db_default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(floor__gte=0, seq__gte=models.F("floor")),
                name="stream_floor_below_seq",
            )
        ]

    def __str__(self) -> str:
        return f"stream of user {self.user_id} at {self.seq}"


class Event(models.Model):
    """A recorded change, in past tense, under the next number of its user's stream."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    seq = models.BigIntegerField("number")
    type = models.CharField(max_length=40)
    data = models.JSONField()
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["user", "seq"]
        constraints = [
            models.UniqueConstraint(fields=["user", "seq"], name="event_number_once"),
            models.CheckConstraint(condition=models.Q(seq__gt=0), name="event_number_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.seq} of user {self.user_id}"


class Sockets(Stream):
    """Proxy without rows: gives the admin page of sockets its place and its permissions."""

    class Meta:
        proxy = True
        verbose_name = verbose_name_plural = "sockets"
        default_permissions = ("view", "change")
