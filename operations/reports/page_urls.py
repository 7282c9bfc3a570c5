"""URLs of the pages of reports, and of their files."""

from django.urls import path, re_path

from operations.reports import pages

urlpatterns = [
    path("", pages.show_reports, name="reports"),
    path("<int:report_id>/", pages.show_report, name="report"),
    re_path(
        r"^(?P<report_id>[0-9]{1,18})/(?P<ending>html|csv)/$",
        pages.download_report,
        name="report-file",
    ),
]
