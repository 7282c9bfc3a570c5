"""Health checks in the admin, read-only."""

from django.contrib import admin

from operations.models import HealthCheck
from realtime.admin import ReadOnly


@admin.register(HealthCheck)
class HealthCheckAdmin(ReadOnly):
    list_display = ["at", "service", "status", "response_ms", "reason"]
    list_filter = ["status", "service"]
    search_fields = ["service", "reason"]
    date_hierarchy = "at"
    show_full_result_count = False
