"""How each backup ended; written by operations/backup/take.py alone."""

from django.db import models


class BackupRun(models.Model):
    """A backup that was made, or that failed. One that was killed leaves no row: it is late."""

    name = models.CharField(max_length=80)
    host = models.CharField(max_length=200)
    is_done = models.BooleanField("made")
    message = models.CharField("what went wrong", max_length=1000, blank=True, default="")
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(db_index=True)
    size = models.BigIntegerField("bytes", default=0)
    rows = models.BigIntegerField(default=0)
    is_encrypted = models.BooleanField("encrypted", default=False)

    class Meta:
        ordering = ["-finished_at"]
        default_permissions = ("view",)

    def __str__(self) -> str:
        return self.name
