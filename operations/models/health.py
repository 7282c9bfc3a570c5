"""Results of the health checks: each check for some days, and hours for longer."""

from django.db import models


class HealthStatus(models.TextChoices):
    HEALTHY = "healthy", "Healthy"
    DEGRADED = "degraded", "Degraded"
    DOWN = "down", "Down"


class HealthCheck(models.Model):
    """One measurement of one service."""

    service = models.CharField(max_length=60)
    status = models.CharField(max_length=10, choices=HealthStatus.choices)
    reason = models.CharField(max_length=300, blank=True, default="")
    response_ms = models.FloatField(null=True, blank=True)
    at = models.DateTimeField(db_index=True)

    class Meta:
        ordering = ["-at", "service"]
        indexes = [models.Index(fields=["service", "-at"], name="health_check_of_service")]

    def __str__(self) -> str:
        return f"{self.service} {self.status} at {self.at:%Y-%m-%d %H:%M:%S}"


class HealthHour(models.Model):
    """One hour of a service's checks, added up."""

    service = models.CharField(max_length=60)
    hour = models.DateTimeField()
    healthy = models.PositiveIntegerField(default=0)
    degraded = models.PositiveIntegerField(default=0)
    down = models.PositiveIntegerField(default=0)
    responses = models.PositiveIntegerField(default=0)
    response_ms_sum = models.FloatField(default=0)
    response_ms_max = models.FloatField(null=True, blank=True)

    class Meta:
        ordering = ["-hour", "service"]
        constraints = [
            models.UniqueConstraint(fields=["service", "hour"], name="one_health_hour_of_service")
        ]

    def __str__(self) -> str:
        return f"{self.service} in the hour of {self.hour:%Y-%m-%d %H:%M}"


class FigureBucket(models.Model):
    """A figure of the installation over five minutes or an hour: a queue, sockets, a budget."""

    series = models.CharField(max_length=80)
    minutes = models.PositiveSmallIntegerField()
    at = models.DateTimeField()
    kept_until = models.DateTimeField(db_index=True)
    samples = models.PositiveIntegerField()
    total = models.FloatField()
    highest = models.FloatField()

    class Meta:
        ordering = ["series", "minutes", "at"]
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                fields=["series", "minutes", "at"], name="one_figure_bucket_of_series"
            )
        ]

    def __str__(self) -> str:
        return f"{self.series} in {self.minutes} minutes from {self.at:%Y-%m-%d %H:%M}"
