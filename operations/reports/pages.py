"""The pages of reports: the list with a form to make one, a report to read, and its files."""

from collections.abc import Callable
from typing import Any, Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from operations.models import PeriodReport, ReportKind
from operations.reports import files, present
from operations.reports.documents import summary
from operations.reports.forms import ReportForm
from operations.reports.periods import find_last_period
from operations.reports.record import ReportOwner, ReportRefused, request_report
from users.http import current_user
from users.languages.recipient import localize

PAGE: Final = "reports"
PAGE_SIZE: Final = 25
FILES: Final[dict[str, Callable[[PeriodReport], HttpResponse]]] = {
    "html": files.render_html,
    "csv": files.render_csv,
}


@login_required
@require_http_methods(["GET", "POST"])
@never_cache
def show_reports(request: HttpRequest) -> HttpResponse:
    """List one's reports, or those of the installation; by POST make one."""
    user, is_operators = current_user(request), request.GET.get("of") == "installation"
    if is_operators and not present.may_operate(user):
        raise PermissionDenied
    owner = present.find_owner(user, is_operators=is_operators)
    newest = find_last_period(ReportKind.DAILY, owner.zone, now=timezone.now()).starts_on
    form = ReportForm(request.POST or None, initial={"on": newest})
    report = _make_report(request, owner, form)
    if report is not None:
        return redirect("report", report.pk)
    context = {
        "page": PAGE,
        "is_operators": is_operators,
        "may_operate": present.may_operate(user),
        "form": form,
        "owner": owner,
        **_list_rows(owner, request.GET.get("page")),
    }
    return render(request, "reports/report_list.html", context, status=422 if form.errors else 200)


def _make_report(request: HttpRequest, owner: ReportOwner, form: ReportForm) -> PeriodReport | None:
    """Make the report that a filled form asks for; what is refused is told beside its field."""
    if not form.is_valid():
        return None
    try:
        report, is_new = request_report(owner, **form.read_choice(), now=timezone.now())
    except ReportRefused as refused:
        form.add_error("on", localize(refused.message))
        return None
    messages.success(request, _("Made.") if is_new else _("It was made before: here it is."))
    return report


def _list_rows(owner: ReportOwner, page: str | None) -> dict[str, Any]:
    reports = PeriodReport.objects.filter(user=owner.user_id)
    listed = Paginator(reports, PAGE_SIZE).get_page(page)
    rows = [(report, *summary.describe_report(report)) for report in listed]
    return {"listed": listed, "rows": rows}


@login_required
@require_GET
@never_cache
def show_report(request: HttpRequest, report_id: int) -> HttpResponse:
    report = _get_report(request, report_id)
    document = present.build_document(report)
    context = {
        "page": PAGE,
        "report": report,
        "title": summary.name_report(report),
        "span": summary.name_span(report),
        "document": document,
        "simulated": document.has_paper,
        "real": document.has_live,
    }
    return render(request, "reports/report.html", context)


@login_required
@require_GET
@never_cache
def download_report(request: HttpRequest, report_id: int, ending: str) -> HttpResponse:
    if ending not in FILES:
        raise Http404
    return FILES[ending](_get_report(request, report_id))


def _get_report(request: HttpRequest, report_id: int) -> PeriodReport:
    """Return a report that this user may read; of others nobody learns that they are there."""
    return get_object_or_404(present.list_readable(current_user(request)), pk=report_id)
