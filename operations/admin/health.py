"""Health checks in the admin, read-only."""

from django.contrib import admin

from operations.models import FigureBucket, HealthCheck
from realtime.admin import ReadOnly


@admin.register(HealthCheck)
class HealthCheckAdmin(ReadOnly):
    list_display = ["at", "service", "status", "response_ms", "reason"]
    list_filter = ["status", "service"]
    search_fields = ["service", "reason"]
    date_hierarchy = "at"
    show_full_result_count = False


@admin.register(FigureBucket)
class FigureBucketAdmin(ReadOnly):
    list_display = ["series", "at", "minutes", "samples", "total", "highest"]
    list_filter = ["minutes"]
    search_fields = ["series"]
    show_full_result_count = False
