"""Reports by API: a user's own, and for staff with the permission those of the installation."""

from typing import Any, Final

import django_filters
from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from bots.pnl.csv_api import CsvRenderer
from operations.models import PeriodReport, ReportKind
from operations.models.reports import RIGHT
from operations.reports import files
from operations.reports.record import OPERATORS, ReportOwner, ReportRefused, request_report
from operations.reports.serializers import ReportListOut, ReportOut, ReportRequest
from users.api_tokens.access import token_access
from users.http import current_user
from users.rest import REASON, OwnRows, StaffRight
from users.throttling import UserRate

MADE: Final = {200: ReportOut, 201: ReportOut, 400: REASON, 429: REASON}


class ReportRate(UserRate):
    """Throttle making reports: each reads all orders of its period."""

    scope = "report"
    rate = "60/hour"


class HtmlRenderer(CsvRenderer):
    """Accept requests for HTML alone; errors are JSON anyway."""

    media_type = "text/html"
    format = "html"


class ReportFilter(django_filters.FilterSet):  # type: ignore[misc]
    kind = django_filters.ChoiceFilter(choices=ReportKind.choices)
    since = django_filters.DateFilter("starts_on", "gte", help_text="the earliest first day")
    until = django_filters.DateFilter("starts_on", "lte", help_text="the latest first day")


class ReportViewSet(OwnRows[PeriodReport]):
    """Actions on reports, the same for users and operators."""

    queryset = PeriodReport.objects.all()
    filterset_class = ReportFilter

    def find_owner(self) -> ReportOwner:
        raise NotImplementedError

    def get_serializer_class(self) -> type[ReportListOut]:
        return ReportListOut if self.action == "list" else ReportOut

    def get_queryset(self) -> QuerySet[PeriodReport]:
        if getattr(self, "swagger_fake_view", False):
            return PeriodReport.objects.none()
        reports = PeriodReport.objects.filter(user=self.find_owner().user_id)
        return reports.defer("content") if self.action == "list" else reports

    def get_throttles(self) -> list[Any]:
        more = [ReportRate()] if self.action == "create" else []
        return [*super().get_throttles(), *more]

    @extend_schema(request=ReportRequest, responses=MADE)
    def create(self, request: Request) -> Response:
        """Make the report of a period that is over. 200: it was there already, and is this one."""
        body = ReportRequest(data=request.data)
        body.is_valid(raise_exception=True)
        kind, day = ReportKind(body.validated_data["kind"]), body.validated_data["on"]
        try:
            report, is_new = request_report(self.find_owner(), kind, day, now=timezone.now())
        except ReportRefused as refused:
            raise ValidationError({"on": [str(refused)]}) from None
        code = status.HTTP_201_CREATED if is_new else status.HTTP_200_OK
        return Response(ReportOut(report).data, status=code)

    @extend_schema(responses={(200, "text/csv"): OpenApiTypes.STR, 404: REASON})
    @action(
        detail=True,
        url_path="csv",
        filterset_class=None,
        renderer_classes=[JSONRenderer, CsvRenderer],
    )
    def download_csv(self, request: Request, pk: str) -> HttpResponse:
        """Download it as a table: one line for each figure."""
        return files.render_csv(self.get_object())

    @extend_schema(responses={(200, "text/html"): OpenApiTypes.STR, 404: REASON})
    @action(
        detail=True,
        url_path="html",
        filterset_class=None,
        renderer_classes=[JSONRenderer, HtmlRenderer],
    )
    def download_html(self, request: Request, pk: str) -> HttpResponse:
        """Download it as a page for reading and printing that needs nothing else."""
        return files.render_html(self.get_object())


@extend_schema(tags=["reports"])
@token_access(GET="read", POST="trade", key_tokens=False)
class OwnReportViewSet(ReportViewSet):
    """Your daily and weekly reports, newest first."""

    def find_owner(self) -> ReportOwner:
        return ReportOwner(current_user(self.request))


@extend_schema(tags=["operators"])
@token_access(GET="operate", POST="operate", key_tokens=False)
class OperatorReportViewSet(ReportViewSet):
    """The reports of the installation, newest first; staff with the permission share them."""

    permission_classes = [StaffRight]
    right = f"operations.{RIGHT}"

    def find_owner(self) -> ReportOwner:
        return OPERATORS
