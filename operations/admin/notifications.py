"""Ways, the outbox and preferences in the admin, read-only and without any address or secret."""

from django.contrib import admin

from operations.models import NotificationPreferences, NotificationWay, OutboxMessage
from realtime.admin import ReadOnly

SEALED = ("sealed_address", "sealed_secret", "sealed_former_secret", "address_digest")


@admin.register(NotificationWay)
class NotificationWayAdmin(ReadOnly):
    list_display = ["user", "name", "kind", "hint", "is_active", "failures", "last_error"]
    list_filter = ["kind", "is_active"]
    list_select_related = ["user"]
    search_fields = ["user__username", "name"]
    exclude = SEALED


@admin.register(OutboxMessage)
class OutboxMessageAdmin(ReadOnly):
    """Filter by “Given up” for dead letters; their owner sends them again on their own page."""

    list_display = [
        "user",
        "way",
        "status",
        "category",
        "title",
        "attempts",
        "last_error",
        "due_at",
    ]
    list_filter = ["status", "category", "way__kind"]
    list_select_related = ["user", "way"]
    search_fields = ["user__username", "message_id", "cause"]
    show_full_result_count = False


@admin.register(NotificationPreferences)
class NotificationPreferencesAdmin(ReadOnly):
    list_display = ["user", "quiet_from", "quiet_until", "critical_passes"]
    list_select_related = ["user"]
    search_fields = ["user__username"]
