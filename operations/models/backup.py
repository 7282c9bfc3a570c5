"""The result of each backup. Only take.py and verify.py of operations/backup write it."""

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
    # db_default: processes of the release before write rows too while it is replaced.
    verified_at = models.DateTimeField("read again and found whole", null=True, blank=True)
    damage = models.CharField(
        "what was found instead", max_length=1000, blank=True, default="", db_default=""
    )
    is_encrypted = models.BooleanField("encrypted", default=False)

    class Meta:
        ordering = ["-finished_at"]
        default_permissions = ("view",)

    def __str__(self) -> str:
        return self.name
