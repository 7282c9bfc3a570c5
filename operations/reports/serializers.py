"""Reports by API: in lists without their figures."""

from typing import Any

from rest_framework import serializers

from operations.models import PeriodReport, ReportKind
from operations.reports import present
from operations.reports.documents import summary
from users.rest import KnownFieldsOnly


class ReportRequest(KnownFieldsOnly):
    """The kind of a report, and any day of its period."""

    kind = serializers.ChoiceField(choices=ReportKind.choices)
    on = serializers.DateField(help_text="a day of the period, in your time zone")


class ReportListOut(serializers.ModelSerializer[PeriodReport]):
    title = serializers.SerializerMethodField()
    ends_on = serializers.SerializerMethodField(help_text="the last day")

    class Meta:
        model = PeriodReport
        fields = [
            *("id", "kind", "title", "starts_on", "ends_on", "time_zone", "since", "until"),
            "made_at",
        ]
        read_only_fields = fields

    def get_title(self, report: PeriodReport) -> str:
        return summary.name_report(report)

    def get_ends_on(self, report: PeriodReport) -> str:
        return present.read_period(report).ends_on.isoformat()


class ReportOut(ReportListOut):
    """A report with its figures; amounts are strings, what is not known is null."""

    content = serializers.SerializerMethodField()

    class Meta(ReportListOut.Meta):
        fields = [*ReportListOut.Meta.fields, "content"]
        read_only_fields = fields

    def get_content(self, report: PeriodReport) -> dict[str, Any]:
        return dict(present.read_content(report))
