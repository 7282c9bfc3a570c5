"""Reports in the admin: which there are. Their figures are for their owners."""

from django.contrib import admin

from operations.models import PeriodReport
from realtime.admin import ReadOnly


@admin.register(PeriodReport)
class PeriodReportAdmin(ReadOnly):
    list_display = ["starts_on", "kind", "user", "time_zone", "made_at"]
    list_filter = ["kind"]
    list_select_related = ["user"]
    date_hierarchy = "starts_on"
    exclude = ["content"]
