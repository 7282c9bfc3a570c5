"""The audit log in the admin, read-only."""

from django.contrib import admin

from operations.models import AuditChange, AuditCheckpoint
from realtime.admin import ReadOnly


@admin.register(AuditChange)
class AuditChangeAdmin(ReadOnly):
    list_display = (
        *("at", "actor", "actor_name", "role", "action", "subject", "object_name", "object_id"),
        *("via", "address"),
    )
    list_filter = ("action", "actor", "role", "subject")
    search_fields = ("=actor_name", "=object_name", "=object_id", "=request_id", "=address")
    search_help_text = "The full name of an actor or object, its id, an address or a request id."
    date_hierarchy = "at"
    ordering = ("-id",)
    show_full_result_count = False


@admin.register(AuditCheckpoint)
class AuditCheckpointAdmin(ReadOnly):
    list_display = ("at", "by", "removed", "number", "hash")
