"""Runs, results and changes of the timetable's jobs, and the lease of beat."""

from django.db import models
from django.db.models import Q
from django_celery_beat.models import PeriodicTask


class BeatLease(models.Model):
    """The one row that says which beat is the active one; see operations/jobs/beat_lock.py."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    holder = models.CharField(max_length=32, blank=True)  # empty: nobody
    host = models.CharField(max_length=200, blank=True)
    process = models.CharField(max_length=200, blank=True)
    active_since = models.DateTimeField(null=True)
    ticked_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        constraints = [models.CheckConstraint(condition=Q(id=1), name="beat_lease_single")]


class JobRunState(models.TextChoices):
    WAITING = "waiting", "Waiting for a worker"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"
    UNFINISHED = "unfinished", "Not finished"


class JobState(models.Model):
    """The newest run of a job and the newest result; written by operations/jobs/record.py alone."""

    job = models.OneToOneField(
        PeriodicTask, on_delete=models.CASCADE, primary_key=True, related_name="job_state"
    )
    created_at = models.DateTimeField()  # a job that never ran is due one interval later
    state = models.CharField(max_length=10, choices=JobRunState.choices, blank=True, default="")
    run_id = models.UUIDField(null=True)
    worker = models.CharField(max_length=200, blank=True, default="")
    started_at = models.DateTimeField(null=True)
    alive_at = models.DateTimeField(null=True)
    result = models.CharField(max_length=10, choices=JobRunState.choices, blank=True, default="")
    message = models.TextField(blank=True, default="")
    seconds = models.FloatField(null=True)
    finished_at = models.DateTimeField(null=True)
    runs = models.BigIntegerField(default=0)
    failures = models.BigIntegerField(default=0)

    class Meta:
        default_permissions = ()


class JobRun(models.Model):
    """A run of a job that is kept: of a slow job, of an operator, or one that went wrong."""

    class Trigger(models.TextChoices):
        SCHEDULE = "schedule", "Timetable"
        MANUAL = "manual", "Operator"

    job = models.ForeignKey(PeriodicTask, on_delete=models.CASCADE, related_name="job_runs")
    run_id = models.UUIDField(unique=True)
    trigger = models.CharField(max_length=10, choices=Trigger.choices)
    by = models.CharField("requested by", max_length=150, blank=True, default="")
    state = models.CharField(max_length=10, choices=JobRunState.choices)
    requested_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    alive_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    seconds = models.FloatField(null=True)
    message = models.TextField(blank=True, default="")
    worker = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        ordering = ["-id"]
        default_permissions = ("view",)
        permissions = [("run_job", "Can run a job now")]
        indexes = [
            models.Index(fields=["job", "-id"], name="job_run_newest"),
            models.Index(
                fields=["id"], name="job_run_open", condition=Q(state__in=["waiting", "running"])
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["job"],
                condition=Q(trigger="manual", state__in=["waiting", "running"]),
                name="job_run_manual_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.job} {self.state}"


class JobChange(models.Model):
    """A change of a job by an operator. It outlives the job and the operator."""

    class Action(models.TextChoices):
        CREATE = "create", "Created"
        CHANGE = "change", "Changed"
        PAUSE = "pause", "Paused"
        RESUME = "resume", "Resumed"
        RUN = "run", "Run now"
        DELETE = "delete", "Deleted"

    job_name = models.CharField(max_length=200)
    action = models.CharField(max_length=10, choices=Action.choices)
    by = models.CharField("operator's name", max_length=150)
    details = models.JSONField(default=dict)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        default_permissions = ("view",)
        indexes = [models.Index(fields=["job_name", "-id"], name="job_change_newest")]

    def __str__(self) -> str:
        return f"{self.job_name}: {self.action} by {self.by}"
