"""Alert rules and the steps of alerts in the admin, read-only: pages and the API change them."""

from django.contrib import admin

from operations.models import AlertChange, AlertRule
from realtime.admin import ReadOnly


@admin.register(AlertRule)
class AlertRuleAdmin(ReadOnly):
    """Filter by an empty user for the rules of operators."""

    list_display = ["name", "kind", "user", "level", "is_active", "is_default", "active_since"]
    list_filter = ["kind", "is_active", "is_default", ("user", admin.EmptyFieldListFilter)]
    list_select_related = ["user"]
    search_fields = ["user__username", "name"]
    show_full_result_count = False


@admin.register(AlertChange)
class AlertChangeAdmin(ReadOnly):
    list_display = ["at", "alert", "step", "by", "note"]
    list_filter = ["step"]
    list_select_related = ["alert"]
    search_fields = ["by", "alert__title", "alert__user__username"]
    show_full_result_count = False
