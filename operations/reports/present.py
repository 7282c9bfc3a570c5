"""A stored report as somebody reads it: its document, its figures by API, and who may see it."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Q, QuerySet

from operations.models import PeriodReport
from operations.models.reports import RIGHT
from operations.reports.documents.operator_sections import build_operator_document
from operations.reports.documents.sections import ReportDocument
from operations.reports.documents.user_sections import build_user_document
from operations.reports.figures.shared_keys import hide_ended
from operations.reports.periods import ReportPeriod
from operations.reports.record import OPERATORS, ReportOwner
from users.models import User


def may_operate(user: User) -> bool:
    """Tell whether a user may read and make the reports of the installation."""
    return user.is_staff and user.has_perm(f"operations.{RIGHT}")


def list_readable(user: User) -> QuerySet[PeriodReport]:
    """Return a user's own reports, and with the right those of the installation."""
    readable = Q(user=user)
    if may_operate(user):
        readable |= Q(user=None)
    return PeriodReport.objects.filter(readable)


def find_owner(user: User, *, is_operators: bool) -> ReportOwner:
    return OPERATORS if is_operators else ReportOwner(user)


def read_content(report: PeriodReport) -> Mapping[str, Any]:
    """Return the figures, without those of keys that are shared with the reader no more."""
    return hide_ended(report.content, report.user_id)


def build_document(report: PeriodReport) -> ReportDocument:
    build = build_user_document if report.user_id else build_operator_document
    return build(read_content(report), report.time_zone)


def read_period(report: PeriodReport) -> ReportPeriod:
    return ReportPeriod(report.kind, report.starts_on, report.time_zone)  # type: ignore[arg-type]
