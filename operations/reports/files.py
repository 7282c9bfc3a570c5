"""Reports as files: HTML that needs nothing else, and CSV."""

from pathlib import Path
from typing import Final

from django.conf import settings
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.safestring import mark_safe

from operations.models import PeriodReport
from operations.reports import present
from operations.reports.documents import csv_file, summary

STYLE: Final = Path(__file__).parent.parent / "static" / "operations" / "report_file.css"


def render_html(report: PeriodReport) -> HttpResponse:
    """Return a report as a page that can be printed, kept and sent; it has no script."""
    context = {
        "report": report,
        "title": summary.name_report(report),
        "span": summary.name_span(report),
        "document": present.build_document(report),
        "style": mark_safe(STYLE.read_text()),  # noqa: S308 (our own file)
    }
    text = render_to_string("reports/report_file.html", context)
    return _build_file(report, text, "text/html", "html")


def render_csv(report: PeriodReport) -> HttpResponse:
    with translation.override(settings.LANGUAGE_CODE):  # programs read it
        text = csv_file.write_csv(present.build_document(report))
    return _build_file(report, text, "text/csv", "csv")


def _build_file(report: PeriodReport, text: str, media_type: str, ending: str) -> HttpResponse:
    owner = "" if report.user_id else "installation-"
    name = f"fillwatch-{owner}{report.kind}-{report.starts_on:%Y-%m-%d}.{ending}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return HttpResponse(text, content_type=f"{media_type}; charset=utf-8", headers=headers)
