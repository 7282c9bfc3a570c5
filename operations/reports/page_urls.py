"""URLs of the pages of reports, and of their files."""

from django.urls import path

from operations.reports import pages

urlpatterns = [
    path("", pages.show_reports, name="reports"),
    path("<int:report_id>/", pages.show_report, name="report"),
    path("<int:report_id>/<str:ending>/", pages.download_report, name="report-file"),
]
