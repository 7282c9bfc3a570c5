"""Reports of a day or a week: each user's own, and those of the installation for operators."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy

RIGHT = "operate_reports"


class ReportKind(models.TextChoices):
    DAILY = "daily", gettext_lazy("Daily")
    WEEKLY = "weekly", gettext_lazy("Weekly")


class PeriodReport(models.Model):
    """A report of a period that is over. Written once, by operations/reports/record.py.

    Without a user it is the report of the installation, for operators. `content` holds its figures,
    amounts as text with every digit; what is not known is null and never zero.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        null=True,
        related_name="period_reports",
    )
    kind = models.CharField(max_length=6, choices=ReportKind.choices)
    starts_on = models.DateField("first day")
    time_zone = models.CharField(max_length=60)
    since = models.DateTimeField("begin")
    until = models.DateTimeField("end, excluded", db_index=True)
    content = models.JSONField(default=dict)
    made_at = models.DateTimeField()

    class Meta:
        ordering = ["-since", "-id"]
        default_permissions = ("view",)
        permissions = [(RIGHT, "Can read and make the reports of the installation")]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "kind", "starts_on"],
                nulls_distinct=False,
                name="report_once_per_period",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=ReportKind.values), name="report_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(since__lt=models.F("until")), name="report_period_lasts"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} report of {self.starts_on:%Y-%m-%d}"
